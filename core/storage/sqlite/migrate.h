#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "core/storage/sqlite/database.h"

namespace vestnik::storage::sqlite {

/// Stands in the file's header (`PRAGMA application_id`) and says that a database is ours: "VEST".
inline constexpr std::int32_t kApplicationId = 0x56455354;

/// All steps of the schema (core/storage/schema) from the empty database to what this program uses; the
/// version of a schema (`PRAGMA user_version`) is the number of steps it has behind it.
std::span<const std::string_view> migrations();

/// Throws Failure unless the database is empty or ours and not of a newer version than `known` steps lead to.
/// Changes nothing.
void check_identity(Database& database, std::span<const std::string_view> known, std::string_view path);

/// Takes the steps that are missing, all or none. The database has passed check_identity().
void migrate(Database& database, std::span<const std::string_view> steps);

}  // namespace vestnik::storage::sqlite
