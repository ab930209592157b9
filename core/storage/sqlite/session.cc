#include "core/storage/sqlite/session.h"

#include <sqlite3.h>

#include <utility>

#include "core/storage/sqlite/checkpointer.h"
#include "core/storage/sqlite/sqlite_stores.h"

namespace vestnik::storage::sqlite {
namespace {

class ReadSession final : public Session {
 public:
  explicit ReadSession(Database database) : database_(std::move(database)), stores_(make_stores(database_)) {}

  Stores& stores() override { return *stores_; }
  void begin() override { database_.begin(Database::Lock::none); }
  void commit() override { database_.execute("COMMIT"); }
  void roll_back() noexcept override { database_.roll_back(); }

 private:
  Database database_;
  std::unique_ptr<Stores> stores_;
};

class SqliteWriteSession final : public WriteSession {
 public:
  SqliteWriteSession(Database database, Checkpointer& checkpointer)
      : checkpointer_(checkpointer), database_(std::move(database)), stores_(make_stores(database_)) {}

  Stores& stores() override { return *stores_; }
  void begin() override { database_.begin(Database::Lock::write); }
  void commit() override {
    database_.execute("COMMIT");
    checkpointer_.log_grew(database_.log_bytes());
  }
  void roll_back() noexcept override { database_.roll_back(); }

  void mark() override { database_.execute("SAVEPOINT part"); }
  void keep() override { database_.execute("RELEASE part"); }
  void undo() override { database_.execute("ROLLBACK TO part; RELEASE part"); }

  void rest() override {
    if (checkpointer_.asks_writer()) database_.checkpoint();
  }
  std::uint64_t log_bytes() const override { return database_.log_bytes(); }
  std::uint64_t cache_bytes() const override { return static_cast<std::uint64_t>(::sqlite3_memory_used()); }

 private:
  Checkpointer& checkpointer_;
  Database database_;
  std::unique_ptr<Stores> stores_;
};

}  // namespace

std::unique_ptr<WriteSession> make_write_session(Database database, Checkpointer& checkpointer) {
  return std::make_unique<SqliteWriteSession>(std::move(database), checkpointer);
}

std::unique_ptr<Session> make_read_session(Database database) {
  return std::make_unique<ReadSession>(std::move(database));
}

}  // namespace vestnik::storage::sqlite
