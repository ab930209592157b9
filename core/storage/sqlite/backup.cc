#include "core/storage/sqlite/backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "core/storage/sqlite/connection.h"

namespace vestnik::storage::sqlite {
namespace {

// Between two steps the backup looks whether it should stop: a megabyte each.
constexpr int kPagesPerStep = 256;

struct FinishBackup {
  void operator()(sqlite3_backup* backup) const noexcept { sqlite3_backup_finish(backup); }
};

void copy_pages(const std::string& source, const std::string& target, const std::stop_token& stop) {
  Database from = open_maintenance(source);
  Database to(target, OpenMode::create);
  // The copy is synced once, as a whole; if anything goes wrong before, it is thrown away.
  to.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
  // With a snapshot held open a backup sees the same state from the first step to the last. Otherwise each
  // commit of the writer would make it start again.
  const Transaction snapshot(from, Database::Lock::none);
  from.number("SELECT count(*) FROM sqlite_schema");

  const std::unique_ptr<sqlite3_backup, FinishBackup> backup(
      sqlite3_backup_init(to.handle(), "main", from.handle(), "main"));
  if (!backup) fail(to.handle(), sqlite3_errcode(to.handle()), target);
  int code = SQLITE_OK;
  while (code == SQLITE_OK) {
    if (stop.stop_requested()) throw Failure({ErrorKind::closed, "the storage was closed during the backup"});
    code = sqlite3_backup_step(backup.get(), kPagesPerStep);
  }
  if (code != SQLITE_DONE) fail(nullptr, code, target);
}

void check(std::error_code code, const std::filesystem::path& path) {
  if (code) throw Failure({ErrorKind::io, fmt::format("{}: {}", path.native(), code.message())});
}

void sync(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  const std::error_code reason(synced ? 0 : errno, std::generic_category());
  if (file >= 0) ::close(file);
  check(reason, path);
}

}  // namespace

Result<void, Error> copy_database(const std::string& source, const std::filesystem::path& target,
                                  const std::stop_token& stop) {
  const std::filesystem::path partial = target.native() + ".partial";
  std::error_code code;
  std::filesystem::remove(partial, code);  // left by a backup that a crash cut short
  auto outcome = guarded([&] {
    copy_pages(source, partial.native(), stop);
    sync(partial);
    std::filesystem::rename(partial, target, code);
    check(code, target);
    sync(target.has_parent_path() ? target.parent_path() : ".");
  });
  if (!outcome) std::filesystem::remove(partial, code);
  return outcome;
}

BackupRunner::BackupRunner(std::string source)
    : source_(std::move(source)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void BackupRunner::start(std::filesystem::path target, Done done) {
  Error refusal{ErrorKind::overloaded, "another backup is running"};
  {
    const std::lock_guard lock(mutex_);
    if (!closing_ && !running_) {
      running_ = true;
      request_.emplace(std::move(target), std::move(done));
      request_changed_.notify_one();
      return;
    }
    if (closing_) refusal = {ErrorKind::closed, "the storage is closed"};
  }
  done(Err(std::move(refusal)));
}

void BackupRunner::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (true) {
    request_changed_.wait(lock, stop, [this] { return request_.has_value(); });
    if (!request_) return;
    Request request = *std::exchange(request_, std::nullopt);
    lock.unlock();
    auto outcome = copy_database(source_, request.target, stop);
    lock.lock();
    running_ = false;
    lock.unlock();
    request.done(std::move(outcome));
    lock.lock();
  }
}

void BackupRunner::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace vestnik::storage::sqlite
