#include <array>

#include "core/storage/postgresql/migrate.h"
#include "core/storage/postgresql/server.h"
#include "tests/contract/fixture.h"
#include "tests/contract/postgresql/cluster.h"

namespace vestnik::storage::postgresql {
namespace {

constexpr std::array<std::string_view, 3> kSteps = {
    "CREATE TABLE a (x bigint); INSERT INTO a VALUES (1)",
    "ALTER TABLE a ADD COLUMN y bigint; UPDATE a SET y = x + 1",
    "CREATE TABLE b (z bigint); INSERT INTO missing VALUES (1)",
};

Connection connect(const std::string& url) { return Connection(Server(url).connect()); }

std::string reason_of(const auto& action) {
  const auto outcome = guarded(action);
  return outcome ? "" : outcome.error().text;
}

TEST_CASE("migrate: takes the missing steps and no others") {
  Connection connection = connect(cluster().new_url());
  migrate(connection, std::span(kSteps).first(1));
  CHECK(connection.value("SELECT version FROM vestnik_schema") == "1");
  migrate(connection, std::span(kSteps).first(2));
  CHECK(connection.value("SELECT version FROM vestnik_schema") == "2");
  CHECK(connection.value("SELECT y FROM a") == "2");
  migrate(connection, std::span(kSteps).first(2));
  CHECK(connection.value("SELECT count(*) FROM a") == "1");
}

TEST_CASE("migrate: all steps or none") {
  const std::string url = cluster().new_url();
  Connection connection = connect(url);
  migrate(connection, std::span(kSteps).first(1));
  CHECK_THROWS_AS(migrate(connection, kSteps), Failure);
  Connection other = connect(url);
  CHECK(other.value("SELECT version FROM vestnik_schema") == "1");
  CHECK_FALSE(other.value("SELECT to_regclass('b')"));
}

TEST_CASE("open: refuses a schema of a newer version, and says so") {
  TestStorage storage;
  storage.close();
  connect(storage.config.path).execute("UPDATE vestnik_schema SET version = 99");
  CHECK(reason_of([&] { storage.open(); }).find("schema version 99, written by a newer Vestnik") !=
        std::string::npos);
}

TEST_CASE("open: one Vestnik at a time") {
  TestStorage storage;
  const std::string reason = reason_of([&] { open_storage(storage.config, {}); });
  CHECK(reason.find("in use by another Vestnik") != std::string::npos);
  storage.reopen();
}

TEST_CASE("open: no word of the password in what is said") {
  const auto said = [](const std::string& url) {
    StorageConfig config;
    config.path = url;
    return reason_of([&] { open_storage(config, {}); });
  };
  for (const char* url :
       {"postgresql://vestnik:secret@%2Fnonexistent/chat", "postgresql://vestnik:sec@secret@localhost/chat",
        "postgresql://vestnik:secret@localhost/chat?unknown=1",
        "postgresql://vestnik:secret@localhost:x/chat"}) {
    const std::string text = said(url);
    CHECK_FALSE(text.empty());
    CHECK_MESSAGE(text.find("secret") == std::string::npos, text);
  }
  CHECK(Server("postgresql://vestnik:secret@db.example:5433/chat").name() ==
        "postgresql://vestnik@db.example:5433/chat");
}

TEST_CASE("server: one that does not answer is not asked all the time") {
  Server server("postgresql:///chat?host=/nonexistent");
  CHECK_THROWS_AS(server.connect(), Failure);
  const auto begin = Server::Clock::now();
  CHECK_THROWS_AS(server.connect_until(begin + std::chrono::milliseconds(300)), Failure);
  // 50 ms after the first attempt, 100 ms after the second; the fourth would come too late.
  CHECK(Server::Clock::now() - begin >= std::chrono::milliseconds(100));
}

}  // namespace
}  // namespace vestnik::storage::postgresql
