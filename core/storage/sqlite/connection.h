#pragma once
#include <memory>
#include <string>

#include "core/config/config.h"
#include "core/storage/sqlite/database.h"
#include "core/storage/stores.h"

namespace vestnik::storage::sqlite {

/// A connection and the stores on it, with their statements compiled. Belongs to one thread at a time.
struct Connection {
  Database database;
  std::unique_ptr<Stores> stores;
};

/// The connection that creates and migrates the schema, and then is the only one that writes.
Connection open_writer(const std::string& path, Durability durability);
/// A connection that sees snapshots. The schema is there already.
Connection open_reader(const std::string& path);
/// A connection without stores, to checkpoint the log or to read a backup from.
Database open_maintenance(const std::string& path);

}  // namespace vestnik::storage::sqlite
