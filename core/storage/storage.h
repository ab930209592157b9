#pragma once
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/config/config.h"
#include "core/storage/error.h"
#include "core/storage/job.h"
#include "core/storage/stores.h"

namespace vestnik::storage {

/// Numbers the writes of one storage in the order they are applied, from 1. Starts anew with the process.
using WriteSeq = std::uint64_t;

/// `Storage::read(kNoWrite, …)`: a read that need not see any particular write.
inline constexpr WriteSeq kNoWrite = 0;

/// What a write says about itself.
struct WriteTag {
  std::string owner;  ///< bare JID of the entity: its writes are applied in order; named in error texts
  std::size_t bytes =
      0;  ///< roughly what the job keeps in memory until it is done, such as the stanza's size
};

enum class State : std::uint8_t {
  ok,
  degraded,  ///< the last writes failed for want of space or because of the disk; a probe tries every second
};

/// A moment's view for gauges, `status` and log lines.
struct Status {
  State state = State::ok;
  std::optional<Error> error;               ///< why it is degraded
  std::size_t queued_writes = 0;            ///< not settled yet
  std::size_t queued_bytes = 0;             ///< of those, by their WriteTag
  std::size_t queued_reads = 0;             ///< waiting for a thread or for a write
  std::chrono::microseconds last_commit{};  ///< how long the last COMMIT took
  double average_group = 0;                 ///< writes per commit, weighted towards the last commits
  std::uint64_t log_bytes = 0;              ///< of the write-ahead log
  std::uint64_t cache_bytes = 0;            ///< that the database engine keeps in this process's memory
};

/// What the storage tells its owner; both may be empty. They are called on the thread that calls the `done`
/// of writes, and like those must neither block nor throw.
struct Events {
  /// After the `done` of the last write of a group: the time to post what they have gathered.
  std::function<void()> group_end;
  /// When Status::state has changed, and every Tuning::reminder_interval while it is degraded.
  std::function<void(const Status&)> state;
};

/// Numbers that only tests and measurements have a reason to change.
struct Tuning {
  std::size_t max_group_writes = 4'000;
  std::chrono::milliseconds max_group_time{
      20};  ///< spent on applying writes, unless the last commit took longer
  std::size_t max_queued_writes = 100'000;
  std::size_t pause_writes = 8'000;  ///< waiting, over which who brings more should pause
  std::size_t max_queued_reads = 100'000;
  std::chrono::milliseconds probe_interval{1'000};
  std::chrono::milliseconds reminder_interval{60'000};  ///< rounded up to probes
  std::uint64_t checkpoint_bytes = 16ULL << 20;  ///< of new log after which it is copied into the database
  std::uint64_t log_limit_bytes = 64ULL << 20;   ///< of log after which the writer helps to start it afresh
};

/// The engine: threads and connections around the Stores. Reads run on snapshots on several threads; all
/// writes run on one thread in the order of their numbers, many to a transaction. Every function may be
/// called from any thread and returns without waiting for the disk, close() excepted.
///
/// `done` is always called exactly once, on a storage thread; it hands the result on (a post into a mailbox)
/// and must neither block nor throw. After close(), and only then, it is called by read() and write()
/// themselves.
class Storage {
 public:
  virtual ~Storage() = default;

  /// Runs `query`, T(Stores&), once the write `after` is settled, on a snapshot that contains it; then calls
  /// `done`, void(Result<T, Error>).
  template <typename Query, typename Done>
    requires std::invocable<Query&, Stores&>
  void read(WriteSeq after, Query query, Done done) {
    submit_read(after, std::make_unique<TypedJob<Query, Done>>(std::move(query), std::move(done)));
  }

  /// Runs `change`, T(Stores&), as a transaction of its own or as an indivisible part of a greater one; when
  /// that is on stable storage (`durability = "relaxed"`: when it is committed), or has failed, the write is
  /// settled and `done`, void(Result<T, Error>), is called. Writes are settled in order, refused ones too.
  ///
  /// `change` may run several times, each time on a state without its earlier runs, until one is committed:
  /// it must leave what it captured as it found it.
  ///
  /// Over the bounds of the queue (about, they are not kept to the byte) the write is refused with
  /// `overloaded`: what `change` holds is freed at once, the answer comes in its turn.
  template <typename Change, typename Done>
    requires std::invocable<Change&, Stores&>
  WriteSeq write(WriteTag tag, Change change, Done done) {
    return submit_write(std::move(tag),
                        std::make_unique<TypedJob<Change, Done>>(std::move(change), std::move(done)));
  }

  /// Whether a stanza that needs storing should be accepted now (RULES 3): not degraded, not over a bound.
  /// Costs no lock. Writes are tried in any case: a deletion may be what makes space.
  virtual bool accepting() const = 0;
  /// Whether more is waiting than the next groups will take (Tuning::pause_writes), or half of the bytes that
  /// the queue may hold: whoever brings more should pause (RULES 4). Costs no lock.
  virtual bool congested() const = 0;
  virtual Status status() const = 0;

  /// Copies everything committed so far into a new file, which appears under its name when it is complete
  /// and replaces one of that name. Others read and write meanwhile. `done` is called on the backup's thread,
  /// or inside backup() if the storage is closed or another backup is running (`overloaded`).
  virtual void backup(std::filesystem::path target,
                      std::move_only_function<void(Result<void, Error>)> done) = 0;

  /// Settles what is queued, then ends the threads. What has not begun when the deadline passes is answered
  /// `closed`; a disk that does not answer can hold this up longer. May be called again, to no effect; not
  /// from a storage thread.
  virtual void close(std::chrono::milliseconds deadline) = 0;

 protected:
  virtual void submit_read(WriteSeq after, std::unique_ptr<Job> job) = 0;
  virtual WriteSeq submit_write(WriteTag tag, std::unique_ptr<Job> job) = 0;
};

/// Opens the storage that the configuration names, creating or upgrading its schema. Throws Failure with a
/// text that names the path when that is impossible, above all for a database written by a newer version.
std::unique_ptr<Storage> open_storage(const StorageConfig& config, Events events, const Tuning& tuning = {});

}  // namespace vestnik::storage
