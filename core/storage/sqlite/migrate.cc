#include "core/storage/sqlite/migrate.h"

#include <fmt/format.h>

#include <array>
#include <string>

namespace vestnik::storage::sqlite {
namespace {

// A step that has been released is never changed: the next change is the next step.
constexpr std::array<std::string_view, 6> kMigrations = {
#include "core/storage/schema/sqlite_0001_initial.inc"
    ,
#include "core/storage/schema/sqlite_0002_archive.inc"
    ,
#include "core/storage/schema/sqlite_0003_search.inc"
    ,
#include "core/storage/schema/sqlite_0004_spool.inc"
    ,
#include "core/storage/schema/sqlite_0005_rooms.inc"
    ,
#include "core/storage/schema/sqlite_0006_pubsub.inc"
};

}  // namespace

std::span<const std::string_view> migrations() { return kMigrations; }

void check_identity(Database& database, std::span<const std::string_view> known, std::string_view path) {
  const bool empty = database.number("SELECT count(*) FROM sqlite_schema") == 0;
  const auto application = database.number("PRAGMA application_id");
  const auto version = database.number("PRAGMA user_version");
  if (application != kApplicationId && !(empty && application == 0)) {
    throw Failure({ErrorKind::constraint, fmt::format("{} is not a database of Vestnik", path)});
  }
  if (version > static_cast<std::int64_t>(known.size())) {
    throw Failure(
        {ErrorKind::constraint,
         fmt::format("{} has schema version {}, written by a newer Vestnik; this one knows versions up to {}",
                     path, version, known.size())});
  }
}

void migrate(Database& database, std::span<const std::string_view> steps) {
  Transaction transaction(database, Database::Lock::write);
  const auto version = static_cast<std::size_t>(database.number("PRAGMA user_version"));
  if (version >= steps.size()) return;
  for (const std::string_view step : steps.subspan(version)) database.execute(std::string(step));
  database.execute(fmt::format("PRAGMA application_id = {}", kApplicationId));
  database.execute(fmt::format("PRAGMA user_version = {}", steps.size()));
  transaction.commit();
}

}  // namespace vestnik::storage::sqlite
