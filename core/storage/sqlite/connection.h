#pragma once
#include <string>

#include "core/config/config.h"
#include "core/storage/sqlite/database.h"

namespace vestnik::storage::sqlite {

/// The connection that creates and migrates the schema, and then is the only one that writes.
Database open_writer(const std::string& path, Durability durability);
/// A connection that sees snapshots. The schema is there already.
Database open_reader(const std::string& path);
/// A connection to checkpoint the log or to read a backup from.
Database open_maintenance(const std::string& path);

}  // namespace vestnik::storage::sqlite
