#include "core/storage/sqlite/statement.h"

#include <sqlite3.h>

#include "core/storage/sqlite/database.h"

namespace vestnik::storage::sqlite {
namespace {

[[noreturn]] void fail_statement(sqlite3_stmt* statement, int code) {
  fail(sqlite3_db_handle(statement), code, "");
}

}  // namespace

Cursor::~Cursor() { sqlite3_reset(statement_); }

bool Cursor::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  fail_statement(statement_, code);
}

bool Cursor::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::int64_t Cursor::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Cursor::text(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return data == nullptr ? std::string() : std::string(data, size);
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

Statement::Statement(Database& database, std::string_view sql) {
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  statement_.reset(prepared);
  if (code != SQLITE_OK) fail(database.handle(), code, std::string(sql));
}

// Static lifetime for SQLite means: until the statement is reset or bound anew, which the callers promise.
void Statement::bind(int index, std::string_view text) {
  check(sqlite3_bind_text64(statement_.get(), index, text.data() == nullptr ? "" : text.data(), text.size(),
                            SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bind(int index, Bytes bytes) {
  check(sqlite3_bind_blob64(statement_.get(), index, bytes.data.data() == nullptr ? "" : bytes.data.data(),
                            bytes.data.size(), SQLITE_STATIC));
}

void Statement::bind_integer(int index, std::int64_t number) {
  check(sqlite3_bind_int64(statement_.get(), index, number));
}

void Statement::bind_null(int index) { check(sqlite3_bind_null(statement_.get(), index)); }

std::uint64_t Statement::run_bound() {
  Cursor rows(statement_.get());
  while (rows.next()) {
  }
  return static_cast<std::uint64_t>(sqlite3_changes64(sqlite3_db_handle(statement_.get())));
}

void Statement::check(int code) {
  if (code != SQLITE_OK) fail_statement(statement_.get(), code);
}

}  // namespace vestnik::storage::sqlite
