#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/storage/job.h"
#include "core/storage/sqlite/connection.h"
#include "core/storage/storage.h"

namespace vestnik::storage::sqlite {

/// The threads that read, each on its own connection, each job on a snapshot of its own. A job starts when
/// the write it must see is settled; until then it costs no thread.
class ReaderPool {
 public:
  using Clock = std::chrono::steady_clock;

  ReaderPool(std::vector<Connection> connections, std::size_t max_queued);
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

  void run(Connection& connection);
  void perform(Connection& connection, Read& read);

  const std::size_t max_queued_;
  std::vector<Connection> connections_;
  mutable std::mutex mutex_;
  std::condition_variable ready_changed_;
  std::deque<Read> ready_;
  std::multimap<WriteSeq, Read> waiting_;  // by the write that must be settled first
  WriteSeq settled_ = kNoWrite;
  bool closing_ = false;
  Clock::time_point deadline_ = Clock::time_point::max();
  std::vector<std::jthread> threads_;  // last: they use the rest
};

}  // namespace vestnik::storage::sqlite
