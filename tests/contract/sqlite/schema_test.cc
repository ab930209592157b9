#include <array>
#include <fstream>

#include "core/storage/sqlite/migrate.h"
#include "tests/contract/fixture.h"

namespace vestnik::storage::sqlite {
namespace {

constexpr std::array<std::string_view, 3> kSteps = {
    "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1)",
    "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x + 1",
    "CREATE TABLE b (z INTEGER); INSERT INTO missing VALUES (1)",
};

TEST_CASE("migrate: takes the missing steps and no others") {
  const TempDir dir;
  Database database((dir.path() / "x.db").string(), OpenMode::create);
  migrate(database, std::span(kSteps).first(1));
  CHECK(database.number("PRAGMA user_version") == 1);
  migrate(database, std::span(kSteps).first(2));
  CHECK(database.number("PRAGMA user_version") == 2);
  CHECK(database.number("SELECT y FROM a") == 2);
  migrate(database, std::span(kSteps).first(2));
  CHECK(database.number("SELECT count(*) FROM a") == 1);
}

TEST_CASE("migrate: all steps or none") {
  const TempDir dir;
  Database database((dir.path() / "x.db").string(), OpenMode::create);
  migrate(database, std::span(kSteps).first(1));
  CHECK_THROWS_AS(migrate(database, kSteps), Failure);
  CHECK(database.number("PRAGMA user_version") == 1);
  CHECK(database.number("SELECT count(*) FROM sqlite_schema") == 1);
}

TEST_CASE("open: the schema's version is the number of its steps, and the owner alone may read the file") {
  TestStorage storage;
  storage.close();
  Database database(storage.config.path, OpenMode::existing);
  CHECK(database.number("PRAGMA user_version") == static_cast<std::int64_t>(migrations().size()));
  CHECK(database.number("PRAGMA application_id") == kApplicationId);
  CHECK(database.number("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'") == 0);
  CHECK((std::filesystem::status(storage.config.path).permissions() & std::filesystem::perms::all) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}

TEST_CASE("open: refuses what it cannot handle, and says so") {
  TestStorage storage;
  storage.close();
  const std::string path = storage.config.path;
  std::string reason;
  SUBCASE("a newer version") {
    Database(path, OpenMode::existing).execute("PRAGMA user_version = 99");
    reason = path + " has schema version 99, written by a newer Vestnik";
  }
  SUBCASE("another program's database") {
    Database(path, OpenMode::existing).execute("PRAGMA application_id = 0");
    reason = path + " is not a database of Vestnik";
  }
  SUBCASE("no database") {
    std::ofstream(path) << std::string(10'000, 'x');
    reason = "not a database";
  }
  SUBCASE("a missing folder") {
    storage.config.path = "/nonexistent/vestnik.db";
    reason = storage.config.path;
  }
  try {
    storage.open();
    FAIL("opened");
  } catch (const Failure& failure) {
    CHECK(std::string(failure.what()).find(reason) != std::string::npos);
  }
}

}  // namespace
}  // namespace vestnik::storage::sqlite
