#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/storage/engine/session.h"
#include "core/storage/job.h"
#include "core/storage/storage.h"

namespace vestnik::storage {

/// The threads that read, each on its own connection, each job on a snapshot of its own. A job starts when
/// the write it must see is settled; until then it costs no thread.
class ReaderPool {
 public:
  using Clock = std::chrono::steady_clock;

  /// `trouble` is called on a reading thread when the disk or the connection has failed.
  ReaderPool(std::vector<std::unique_ptr<Session>> sessions, std::size_t max_queued,
             std::function<void()> trouble);
  ~ReaderPool() { close(Clock::time_point::min()); }
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;

  /// Any thread.
  void submit(WriteSeq after, std::unique_ptr<Job> job);
  /// All writes up to `last` are settled. Any thread.
  void settled(WriteSeq last);
  std::size_t queued() const;

  /// Answers what is left: until the deadline by doing it, then with `closed`. All writes are settled. May be
  /// called again.
  void close(Clock::time_point deadline);

 private:
  struct Read {
    std::unique_ptr<Job> job;
    bool refused = false;
  };

  void run(Session& session);
  void perform(Session& session, Read& read);

  const std::size_t max_queued_;
  const std::function<void()> trouble_;
  std::vector<std::unique_ptr<Session>> sessions_;
  mutable std::mutex mutex_;
  std::condition_variable ready_changed_;
  std::deque<Read> ready_;
  std::multimap<WriteSeq, Read> waiting_;  // by the write that must be settled first
  WriteSeq settled_ = kNoWrite;
  bool closing_ = false;
  Clock::time_point deadline_ = Clock::time_point::max();
  std::vector<std::jthread> threads_;  // last: they use the rest
};

}  // namespace vestnik::storage
