#include "core/storage/sqlite/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "core/storage/sqlite/statement.h"

namespace vestnik::storage::sqlite {
namespace {

ErrorKind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL: return ErrorKind::no_space;
    case SQLITE_CONSTRAINT: return ErrorKind::constraint;
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_MISMATCH:
    case SQLITE_ERROR: return ErrorKind::internal;
    default: return ErrorKind::io;
  }
}

// SQLite would let the umask decide who may read the credentials; its log and backups take over this mode.
// Only a file that is new is touched: closing a descriptor of an open database would drop SQLite's locks on
// it.
void create_private_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (file >= 0) ::close(file);
}

// Each page of the log has a header of 24 bytes.
std::uint64_t bytes_of_log(int pages) {
  return static_cast<std::uint64_t>(std::max(pages, 0)) * (4'096 + 24);
}

int note_log_pages(void* noted, sqlite3* /*handle*/, const char* /*name*/, int pages) {
  *static_cast<int*>(noted) = pages;
  return SQLITE_OK;
}

}  // namespace

void fail(sqlite3* handle, int code, const std::string& context) {
  std::string text = context;
  if (const char* file = handle == nullptr ? nullptr : sqlite3_db_filename(handle, "main"))
    text = text.empty() || text == file ? file : fmt::format("{}: {}", file, text);
  const char* reason = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  text += fmt::format(": {} ({})", reason, code);
  // What the system said; it is not asked anew for errors of other kinds.
  const int system = handle == nullptr ? 0 : sqlite3_system_errno(handle);
  if (const ErrorKind kind = kind_of(code); system != 0 && kind == ErrorKind::io)
    text += fmt::format(", {}", std::generic_category().message(system));
  throw Failure({kind_of(code), text});
}

void CloseDatabase::operator()(sqlite3* handle) const noexcept { sqlite3_close(handle); }

Database::Database(const std::string& path, OpenMode mode) {
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (mode == OpenMode::create) {
    create_private_file(path);
    flags |= SQLITE_OPEN_CREATE;
  }
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  handle_.reset(opened);
  if (code != SQLITE_OK) fail(opened, code, path);
}

void Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(handle(), code, "");
}

std::int64_t Database::number(const std::string& sql) {
  Statement statement(*this, sql);
  Cursor row = statement.query();
  return row.next() ? row.integer(0) : 0;
}

void Database::set_busy_timeout(std::chrono::milliseconds timeout) {
  sqlite3_busy_timeout(handle(), static_cast<int>(timeout.count()));
}

void Database::begin(Lock lock) { execute(lock == Lock::none ? "BEGIN" : "BEGIN IMMEDIATE"); }

void Database::roll_back() noexcept {
  // One that fails leaves nothing to be done: the next BEGIN will say so.
  const bool open = sqlite3_get_autocommit(handle()) == 0;
  if (open) sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Database::Checkpoint Database::checkpoint() {
  int log_pages = 0;
  int copied_pages = 0;
  const int code =
      sqlite3_wal_checkpoint_v2(handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &log_pages, &copied_pages);
  // Busy: another connection is at it. The pages are -1 when there is no log yet.
  if (code != SQLITE_OK && code != SQLITE_BUSY) fail(handle(), code, "checkpoint");
  return {.log_bytes = bytes_of_log(log_pages), .copied_bytes = bytes_of_log(copied_pages)};
}

// SQLite's automatic checkpoint is such a hook too, and is replaced by ours.
void Database::track_log() {
  log_pages_ = std::make_unique<int>(0);
  sqlite3_wal_hook(handle(), note_log_pages, log_pages_.get());
}

std::uint64_t Database::log_bytes() const { return log_pages_ ? bytes_of_log(*log_pages_) : 0; }

}  // namespace vestnik::storage::sqlite
