#include "core/storage/postgresql/migrate.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string>

namespace vestnik::storage::postgresql {
namespace {

// A step that has been released is never changed: the next change is the next step.
constexpr std::array<std::string_view, 3> kMigrations = {
#include "core/storage/schema/postgresql_0001_initial.inc"
    ,
#include "core/storage/schema/postgresql_0002_rooms.inc"
    ,
#include "core/storage/schema/postgresql_0003_pubsub.inc"
};

// Two keys: "VEST", and the schema that the tables are in.
constexpr std::string_view kLockKeys = "1447383892, hashtext(current_schema())";

std::size_t version(Connection& connection) {
  connection.execute("CREATE TABLE IF NOT EXISTS vestnik_schema (version bigint NOT NULL)");
  const std::string text = connection.value("SELECT max(version) FROM vestnik_schema").value_or("0");
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::span<const std::string_view> migrations() { return kMigrations; }

void take_over(Connection& connection, int former) {
  if (former != 0) {
    connection.value(
        fmt::format("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
                    "AND classid = 1447383892 AND pid = {} AND pid <> pg_backend_pid()",
                    former));
  }
  connection.execute("SET lock_timeout = '3s'");
  const auto locked =
      guarded([&] { connection.value(fmt::format("SELECT pg_advisory_lock({})", kLockKeys)); });
  if (!locked) {
    throw Failure({locked.error().kind,
                   fmt::format("the database is in use by another Vestnik, or cannot be locked: {}",
                               locked.error().text)});
  }
  connection.execute("SET lock_timeout = DEFAULT");
}

void migrate(Connection& connection, std::span<const std::string_view> steps) {
  const std::size_t known = version(connection);
  if (known > steps.size()) {
    throw Failure({ErrorKind::constraint,
                   fmt::format("the database has schema version {}, written by a newer Vestnik; this one "
                               "knows versions up to {}",
                               known, steps.size())});
  }
  if (known == steps.size()) return;
  std::string script = "BEGIN;";
  for (const std::string_view step : steps.subspan(known)) script.append(step).append(";");
  script +=
      fmt::format("DELETE FROM vestnik_schema; INSERT INTO vestnik_schema VALUES ({}); COMMIT", steps.size());
  connection.execute(script);
}

}  // namespace vestnik::storage::postgresql
