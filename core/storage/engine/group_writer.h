#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "core/storage/engine/session.h"
#include "core/storage/job.h"
#include "core/storage/storage.h"

namespace vestnik::storage {

/// The thread that writes. It takes what has gathered while the last commit was under way, applies it in one
/// transaction, commits, and settles each write in order: at low load a group is one write, at high load
/// hundreds share the cost of a commit, and nothing ever waits for company.
///
/// When a group fails, it is rolled back and repeated with each write marked off, which singles out those
/// that contradict what is stored. When it is the disk or the connection that fails, each write is tried in a
/// transaction of its own; what still fails then makes the storage degraded, until a probe, written every
/// `probe_interval`, succeeds. A group of which nobody knows whether it was committed fails and is not
/// repeated.
class GroupWriter {
 public:
  using Clock = std::chrono::steady_clock;

  struct Limits {
    Tuning tuning;
    std::size_t max_queued_bytes = 0;
  };

  /// What the writer tells the rest of the engine, always on its own thread.
  struct Hooks {
    std::function<void(WriteSeq last)> settled;  ///< before the `done` of these writes
    Events events;
  };

  GroupWriter(std::unique_ptr<WriteSession> session, const Limits& limits, Hooks hooks);
  ~GroupWriter() { close(Clock::time_point::min()); }
  GroupWriter(const GroupWriter&) = delete;
  GroupWriter& operator=(const GroupWriter&) = delete;

  /// Any thread.
  WriteSeq submit(WriteTag tag, std::unique_ptr<Job> job);
  bool accepting() const;
  bool congested() const;
  Status status() const;
  /// Somebody had trouble reading: a probe shows soon whether the storage is in order. Any thread.
  void suspect();
  /// Settles what is left: until the deadline by writing it, then with `closed`. May be called again.
  void close(Clock::time_point deadline);

 private:
  struct Write {
    WriteTag tag;
    WriteSeq seq = kNoWrite;
    std::unique_ptr<Job> job;
    Result<void, Error> outcome;
    bool refused = false;
  };
  enum class Isolation : std::uint8_t { none, savepoint };
  /// A group that was not committed.
  struct Failed {
    std::size_t writes = 0;  // that were tried
    Error error;
    bool uncertain = false;  // whether it was committed
  };

  void run();
  std::vector<Write> wait_for_writes();
  bool past_deadline() const;
  bool overloaded() const;
  /// Each takes writes from the front and says how many those were.
  std::size_t write_group(std::span<Write> writes);
  std::size_t commit_group(std::span<Write> writes);
  Result<std::size_t, Failed> commit_together(std::span<Write> writes, Isolation isolation);
  void commit_one_by_one(std::span<Write> writes);
  void apply(Write& write, Isolation isolation);
  void commit(SessionTransaction& transaction, std::size_t writes);
  void settle(std::span<Write> writes);
  void probe();
  void set_state(State state, std::optional<Error> error);

  const Limits limits_;
  const Hooks hooks_;
  std::unique_ptr<WriteSession> session_;  // the writer's thread; none when closed

  mutable std::mutex mutex_;
  std::condition_variable queue_changed_;
  std::deque<Write> queue_;
  WriteSeq last_seq_ = kNoWrite;
  bool closing_ = false;
  Clock::time_point deadline_ = Clock::time_point::max();
  Status status_;  // what is not in the atomics below

  // Read without the mutex. Writes count from their submission until they are settled.
  std::atomic<std::size_t> queued_writes_ = 0;
  std::atomic<std::size_t> queued_bytes_ = 0;
  std::atomic<State> state_ = State::ok;
  std::atomic<bool> suspected_ = false;

  Clock::time_point next_probe_;  // the writer's thread
  Clock::time_point next_report_;
  std::jthread thread_;  // last: it uses the rest
};

}  // namespace vestnik::storage
