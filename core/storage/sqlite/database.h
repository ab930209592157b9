#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "core/storage/error.h"

struct sqlite3;

namespace vestnik::storage::sqlite {

/// Closes with sqlite3_close.
struct CloseDatabase {
  void operator()(sqlite3* handle) const noexcept;
};

enum class OpenMode : std::uint8_t { create, existing };

/// One connection to a database file, used by one thread at a time. Must outlive its Statements.
class Database {
 public:
  /// A connection without any of our settings (connection.h has those). Throws Failure naming the path. A
  /// file that does not exist yet is created for its owner's eyes only.
  Database(const std::string& path, OpenMode mode);

  /// Runs statements that have no parameters and whose rows do not matter.
  void execute(const std::string& sql);
  /// The first column of the first row of a query without parameters, as a number.
  std::int64_t number(const std::string& sql);

  /// How long to wait for a lock that another process holds.
  void set_busy_timeout(std::chrono::milliseconds timeout);

  enum class Lock : std::uint8_t {
    none,   ///< the transaction reads a snapshot, taken by its first query
    write,  ///< nobody else writes from now on
  };
  void begin(Lock lock);
  /// Ends the transaction if one is open; some errors end it without being asked.
  void roll_back() noexcept;

  /// What one checkpoint (SQLite's PASSIVE) has found and done. It copies what it can from the write-ahead
  /// log into the database file without waiting for anybody, and syncs both.
  struct Checkpoint {
    std::uint64_t log_bytes = 0;     ///< in the log
    std::uint64_t copied_bytes = 0;  ///< of those, in the database file by now
  };
  Checkpoint checkpoint();
  /// From now on this connection's commits leave checkpoints to others and note the size of the log.
  void track_log();
  /// That size after the last commit.
  std::uint64_t log_bytes() const;

  sqlite3* handle() const { return handle_.get(); }

 private:
  std::unique_ptr<int> log_pages_;  // at an address that stays when the Database moves
  std::unique_ptr<sqlite3, CloseDatabase> handle_;
};

/// Throws the Failure for one of SQLite's result codes, with the connection's own description.
[[noreturn]] void fail(sqlite3* handle, int code, const std::string& context);

/// A transaction; rolled back unless committed.
class Transaction {
 public:
  Transaction(Database& database, Database::Lock lock) : database_(database) { database_.begin(lock); }
  ~Transaction() { database_.roll_back(); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// Throws Failure; then the destructor rolls back.
  void commit() { database_.execute("COMMIT"); }

 private:
  Database& database_;
};

}  // namespace vestnik::storage::sqlite
