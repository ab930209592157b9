// Copies between back-ends, both ways.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "core/storage/copy/copy.h"
#include "core/storage/copy/tables.h"
#include "core/storage/postgresql/server.h"
#include "core/storage/postgresql/statement.h"
#include "core/storage/postgresql/tables.h"
#include "core/storage/sqlite/database.h"
#include "core/storage/sqlite/statement.h"
#include "core/storage/sqlite/tables.h"
#include "tests/contract/fixture.h"
#include "tests/contract/postgresql/cluster.h"

namespace vestnik::storage {
namespace {

const std::string kAlice = "alice@example.org";
const std::string kBob = "bob@example.org";

using Contents = std::map<std::string, std::vector<Row>, std::less<>>;

Contents contents(TableSource& source) {
  Contents all;
  for (const Table& table : tables()) {
    auto& rows = all[std::string(table.name)];
    source.read(table, [&](const Row& row) { rows.push_back(row); });
  }
  return all;
}

/// A row in every table, odd texts among them.
void fill(TestStorage& storage) {
  storage.write([](Stores& stores) {
    AccountRecord alice = account(kAlice);
    alice.disabled = true;
    alice.last_activity = LastActivity{.at = at(5), .status = "gone\nfor 'tea' \xf0\x9f\x8d\xb5"};
    alice.credentials.sha256 = sasl::ScramKeys{
        .salt = std::string("\0\xff", 2), .iterations = 4'096, .stored_key = "\x01", .server_key = "\x02"};
    CHECK(stores.accounts().create(alice));
    CHECK(stores.accounts().create(account(kBob)));
    CHECK(stores.accounts().create(account("gone@example.org")));
    stores.rosters().put_item(kAlice, {.contact = kBob,
                                       .name = "Bob",
                                       .groups = {"A", "B"},
                                       .subscription = Subscription::both,
                                       .ask = true,
                                       .approved = true,
                                       .version = 2'000});
    stores.rosters().put_item(kAlice, {.contact = "x@x", .name = {}, .groups = {}, .version = 2'001});
    stores.rosters().remove_item(kAlice, "x@x", 2'002);
    stores.rosters().put_pending(kAlice, {.contact = "y@y", .stanza = "<presence/>"});
    stores.offline().append(kAlice, at(7), "<message>own</message>");
    stores.private_xml().put(kAlice, {.ns = "n", .name = "x"}, "<x/>");
    stores.vcards().put(kAlice, "<vCard/>");
    stores.blocks().add(kAlice, std::vector<std::string>{"foe@x"});
    stores.meta().put("secret", std::string("\0\x01", 2));
    const PubsubNodeId node = stores.pubsub().create(kAlice, "urn:x", "config", at(8));
    stores.pubsub().put_item(
        node, {.id = "1", .publisher = kAlice + "/a", .published_at = at(9), .payload = "<x/>"});
    stores.pubsub().set_affiliation(node, kBob, 2);
    stores.pubsub().set_subscription(node, kBob, 1);
    stores.spool().put(std::vector<SpooledStanza>{{1, "<message to='x@y'/>"}});
    stores.rooms().put(
        {.jid = "r@x", .service = "x", .name = "R", .listed = true, .config = "<x/>", .subject = ""});
    stores.rooms().put_affiliations(
        "r@x", std::vector<RoomAffiliation>{{.jid = kAlice, .affiliation = 4, .nick = "a", .reason = ""}});
    stores.archive().set_preferences(kAlice,
                                     {.otherwise = ArchivePolicy::roster, .always = {kBob}, .never = {}});
  });
  storage.write([](Stores& stores) {
    const Jid bob = *Jid::parse(kBob);
    for (ArchiveId id = 1; id <= 2'500; ++id) {
      stores.archive().append(
          kAlice, {.id = id, .body = id, .peer = bob, .stanza = "words in it", .searchable = id < 3});
    }
    stores.archive().append(kBob, {.id = 9, .body = 1, .peer = bob, .stanza = "words in it"});
    stores.archive().append("gone@example.org", {.id = 1, .body = 2'501, .peer = bob, .stanza = "orphaned"});
    stores.offline().append_archived(kAlice, 2'500, 11);
    stores.archive().index(stores.archive().unindexed(1).at(0).place, "words in it");
    CHECK(stores.accounts().remove("gone@example.org"));
  });
}

TEST_CASE("copy: everything, there and back again") {
  const TempDir dir;
  TestStorage storage;  // on PostgreSQL
  fill(storage);
  storage.close();
  const std::string there = dir.path() / "there.db";
  const auto copied = copy_storage(storage.config.path, there);
  CHECK(copied.size() == tables().size());
  const std::string back = cluster().new_url();
  copy_storage(there, back);
  const auto before = contents(*postgresql::open_source(storage.config.path));
  for (const auto& [table, rows] : before) CHECK_MESSAGE(!rows.empty(), table);
  CHECK(before == contents(*sqlite::open_source(there)));
  CHECK(before == contents(*postgresql::open_source(back)));
}

TEST_CASE("copy: the copy works") {
  const TempDir dir;
  TestStorage storage;
  fill(storage);
  storage.close();
  const std::string there = dir.path() / "there.db";
  copy_storage(storage.config.path, there);
  SUBCASE("on SQLite") { storage.config.path = there; }
  SUBCASE("on PostgreSQL") {
    storage.config.path = cluster().new_url();
    copy_storage(there, storage.config.path);
  }
  storage.open();
  storage.write([](Stores& stores) {
    for (int left = 2; left > 0; --left)
      stores.archive().index(stores.archive().unindexed(1).at(0).place, "words in it");
    const auto page = stores.archive().page(kAlice, {.with = {}, .text = "words", .limit = 9});
    CHECK(page.messages.size() == 2);
    CHECK(stores.offline().list(kAlice, 0, 9).at(1).stanza == "words in it");
    CHECK(stores.archive().append(
              kAlice, {.id = 3'000, .body = 3'000, .peer = *Jid::parse(kBob), .stanza = "new"}) == 2'501);
    // A new account gets nothing of the one whose archive is still there.
    CHECK(stores.accounts().create(account("new@example.org")));
    CHECK_FALSE(stores.archive().bounds("new@example.org"));
    CHECK(stores.archive().remove_orphans(9) == 1);
  });
}

TEST_CASE("copy: only into what is new, and nothing is left of one that fails") {
  const TempDir dir;
  TestStorage storage;
  fill(storage);
  storage.close();
  CHECK_THROWS_AS(copy_storage(storage.config.path, storage.config.path),
                  Failure);  // in use by the copy itself
  const std::string target = dir.path() / "target.db";
  CHECK_THROWS_AS(copy_storage(dir.path() / "missing.db", target), Failure);
  copy_storage(storage.config.path, target);
  CHECK_THROWS_AS(copy_storage(storage.config.path, target), Failure);
}

/// The columns of a table that somebody has to write.
using Columns = std::map<std::string, std::vector<std::string>, std::less<>>;

TEST_CASE("copy: knows all tables and columns of both back-ends") {
  Columns known;
  for (const Table& table : tables()) {
    auto& names = known[std::string(table.name)];
    for (const Column& column : table.columns) names.emplace_back(column.name);
    std::ranges::sort(names);
  }

  TestStorage storage;
  storage.close();
  Columns there;
  {
    postgresql::Connection connection(postgresql::Server(storage.config.path).connect());
    postgresql::Statement columns(
        connection,
        "SELECT table_name::text, column_name::text FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND is_generated = 'NEVER' AND identity_generation IS "
        "DISTINCT "
        "FROM 'ALWAYS' AND table_name NOT IN ('vestnik_schema', 'last_commit', 'archive_indexed') ORDER BY "
        "1, 2");
    for (auto row = columns.query(); row.next();) there[row.text(0)].push_back(row.text(1));
  }
  CHECK(there == known);

  const TempDir dir;
  const std::string path = dir.path() / "x.db";
  storage.config.path = path;
  storage.reopen();
  storage.close();
  there.clear();
  sqlite::Database database(path, sqlite::OpenMode::existing);
  sqlite::Statement columns(
      database,
      "SELECT tables.name, columns.name FROM pragma_table_list AS tables, pragma_table_xinfo(tables.name) AS "
      "columns "
      "WHERE tables.type = 'table' AND tables.schema = 'main' AND hidden = 0 AND tables.name NOT LIKE "
      "'sqlite_%' "
      "AND tables.name <> 'archive_indexed' AND NOT (tables.name = 'archive_unindexed' AND columns.name = "
      "'place') "
      "ORDER BY 1, 2");
  for (auto row = columns.query(); row.next();) there[row.text(0)].push_back(row.text(1));
  CHECK(there == known);
}

}  // namespace
}  // namespace vestnik::storage
