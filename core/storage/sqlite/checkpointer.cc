#include "core/storage/sqlite/checkpointer.h"

#include <pthread.h>

#include <utility>

namespace vestnik::storage::sqlite {
namespace {

// What the writer may be left to copy: about as long a pause as one more commit.
constexpr std::uint64_t kLittle = 256 << 10;

// A log that grows as fast as it is copied is not caught up with; then the writer has to stop for it.
constexpr int kMaxRounds = 4;

}  // namespace

Checkpointer::Checkpointer(Database database, const Tuning& tuning)
    : checkpoint_bytes_(tuning.checkpoint_bytes),
      log_limit_bytes_(tuning.log_limit_bytes),
      database_(std::move(database)),
      thread_([this] { run(); }) {}

void Checkpointer::log_grew(std::uint64_t bytes) {
  std::uint64_t copied = copied_bytes_.load();
  if (bytes < copied) {  // the log has started afresh
    copied = 0;
    copied_bytes_.store(0);
  }
  if (bytes - copied < checkpoint_bytes_) return;
  {
    const std::lock_guard lock(mutex_);
    wanted_ = true;
  }
  wanted_changed_.notify_one();
}

void Checkpointer::run() {
  ::pthread_setname_np(::pthread_self(), "store-log");
  std::unique_lock lock(mutex_);
  while (true) {
    wanted_changed_.wait(lock, [this] { return closing_ || wanted_; });
    if (closing_) return;
    wanted_ = false;
    lock.unlock();
    // A disk in trouble makes itself known by the writes; the next growth of the log tries again.
    [[maybe_unused]] const auto outcome = guarded([this] { copy_log(); });
    lock.lock();
  }
}

void Checkpointer::copy_log() {
  Database::Checkpoint last = database_->checkpoint();
  copied_bytes_.store(last.copied_bytes);
  if (last.log_bytes < log_limit_bytes_) return;
  for (int round = 1; round < kMaxRounds && last.log_bytes - last.copied_bytes > kLittle; ++round) {
    last = database_->checkpoint();
    copied_bytes_.store(last.copied_bytes);
  }
  asks_writer_ = true;
}

void Checkpointer::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wanted_changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  database_.reset();
}

}  // namespace vestnik::storage::sqlite
