#include "core/storage/sqlite/connection.h"

#include "core/storage/sqlite/migrate.h"

namespace vestnik::storage::sqlite {
namespace {

// Our own connections do not wait for each other (one writer, a write-ahead log); this is for an
// administrator's sqlite3 shell.
constexpr std::chrono::milliseconds kBusyTimeout{1'000};

// Settings that every connection needs. No memory-mapped reads: a bad sector would then be a SIGBUS, not an
// error. Sorting happens in memory, there is little to sort.
constexpr const char* kCommonSettings = "PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;";

// Layout of a new database, to be set before anything is written. Pages of 4 KiB are what file systems and
// disks write at a time; larger ones would make each small change to the log dearer. No automatic vacuum:
// free pages are used again, and its map of pages costs every write.
constexpr const char* kLayout =
    "PRAGMA page_size = 4096; PRAGMA auto_vacuum = NONE; PRAGMA encoding = 'UTF-8';";

// WAL: readers do not wait for the writer, and a commit is one sequential write and one sync. Checkpoints are
// the Checkpointer's business, never a commit's; after one the file shrinks to the limit at which it is
// started afresh. Debian's SQLite overwrites whatever is deleted; FAST does so where that needs no extra
// write, which covers credentials (small rows) and spares large ones. The cache is for the pages that many
// accounts share.
constexpr const char* kWriterSettings =
    "PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 67108864;"
    "PRAGMA foreign_keys = ON; PRAGMA secure_delete = FAST; PRAGMA cache_size = -16384;";

constexpr const char* kReaderSettings = "PRAGMA query_only = ON; PRAGMA cache_size = -8192;";

Database open_database(const std::string& path, OpenMode mode) {
  Database database(path, mode);
  database.set_busy_timeout(kBusyTimeout);
  database.execute(kCommonSettings);
  return database;
}

}  // namespace

Database open_writer(const std::string& path, Durability durability) {
  Database database = open_database(path, OpenMode::create);
  check_identity(database, migrations(), path);
  database.execute(kLayout);
  database.execute(kWriterSettings);
  // FULL syncs the log at each commit; NORMAL only at checkpoints: a power cut may then lose the last
  // commits, but never the database.
  database.execute(durability == Durability::commit ? "PRAGMA synchronous = FULL"
                                                    : "PRAGMA synchronous = NORMAL");
  database.track_log();
  migrate(database, migrations());
  return database;
}

Database open_reader(const std::string& path) {
  Database database = open_database(path, OpenMode::existing);
  database.execute(kReaderSettings);
  return database;
}

Database open_maintenance(const std::string& path) {
  Database database = open_database(path, OpenMode::existing);
  // Syncs of a checkpoint are what makes the log's beginning reusable, whatever the durability.
  database.execute("PRAGMA synchronous = FULL; PRAGMA cache_size = -1024;");
  return database;
}

}  // namespace vestnik::storage::sqlite
