#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

#include "core/storage/sqlite/database.h"
#include "core/storage/storage.h"

namespace vestnik::storage::sqlite {

/// The thread that copies the write-ahead log into the database file, so that no commit has to (SQLite's own
/// way stalls the one commit in a thousand that does it for as long as the copying takes).
///
/// The log starts afresh when the writer finds all of it copied. While commits come one after the other that
/// moment never comes by itself: behind each checkpoint there is a little more log. Over `log_limit_bytes`
/// the writer therefore has to copy the last bit itself, between two groups.
class Checkpointer {
 public:
  Checkpointer(Database database, const Tuning& tuning);
  ~Checkpointer() { close(); }
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  /// After each commit, with the size of the log. The writer's thread.
  void log_grew(std::uint64_t bytes);
  /// Whether the writer has to copy what is left, which he is told once. The writer's thread.
  bool asks_writer() { return asks_writer_.exchange(false); }
  /// May be called again.
  void close();

 private:
  void run();
  void copy_log();

  const std::uint64_t checkpoint_bytes_;
  const std::uint64_t log_limit_bytes_;
  std::optional<Database> database_;
  std::atomic<std::uint64_t> copied_bytes_ = 0;  // of the present log
  std::atomic<bool> asks_writer_ = false;

  std::mutex mutex_;
  std::condition_variable wanted_changed_;
  bool wanted_ = false;
  bool closing_ = false;
  std::jthread thread_;  // last: it uses the rest
};

}  // namespace vestnik::storage::sqlite
