#include <fmt/format.h>

#include "tests/contract/fixture.h"

namespace vestnik::storage {
namespace {

const std::string kAlice = "alice@example.org";

RosterItem item(std::string contact, std::uint64_t version) {
  return {.contact = std::move(contact), .name = "", .groups = {}, .version = version};
}

Roster load(TestStorage& storage, std::string_view owner = kAlice) {
  return storage.read([&](Stores& stores) { return stores.rosters().load(owner); });
}

TEST_CASE("roster: items come back as they were put, with any text in them") {
  TestStorage storage;
  storage.create_account(kAlice);
  const std::vector<RosterItem> items{
      {.contact = "bob@example.org",
       .name = "Bob \"'; DROP TABLE account; --",
       .groups = {"Friends", "\xd0\x94\xd1\x80\xd1\x83\xd0\xb7\xd1\x8c\xd1\x8f", "a,b;c'"},
       .subscription = Subscription::both,
       .approved = true,
       .version = 5'001},
      {.contact = "carol@example.org",
       .name = "",
       .groups = {},
       .subscription = Subscription::from,
       .ask = true,
       .version = 5'002},
  };
  storage.write([&](Stores& stores) {
    for (const auto& entry : items) stores.rosters().put_item(kAlice, entry);
  });
  storage.reopen();
  const Roster roster = load(storage);
  CHECK(roster.items == items);
  CHECK(roster.version == 5'002);
  const auto found =
      storage.read([](Stores& stores) { return stores.rosters().find_item(kAlice, "carol@example.org"); });
  CHECK(found == items[1]);
  CHECK_FALSE(
      storage.read([](Stores& stores) { return stores.rosters().find_item(kAlice, "dave@example.org"); }));
}

TEST_CASE("roster: an item put again replaces the earlier one") {
  TestStorage storage;
  storage.create_account(kAlice);
  storage.write([](Stores& stores) {
    stores.rosters().put_item(
        kAlice, {.contact = "b@c", .name = "Old", .groups = {"g"}, .ask = true, .version = 2'000});
    stores.rosters().put_item(kAlice, {.contact = "b@c", .name = "New", .groups = {}, .version = 2'001});
  });
  CHECK(load(storage).items ==
        std::vector<RosterItem>{{.contact = "b@c", .name = "New", .groups = {}, .version = 2'001}});
}

TEST_CASE("roster: without changes its version is the account's time of creation, and 0 without an account") {
  TestStorage storage;
  storage.create_account(kAlice, 1'234);
  CHECK(load(storage).version == 1'234);
  CHECK(load(storage, "nobody@example.org").version == 0);
}

TEST_CASE("roster: removals are told to clients that come back with an older version") {
  TestStorage storage;
  storage.create_account(kAlice, 1'000);
  storage.write([](Stores& stores) {
    auto& rosters = stores.rosters();
    rosters.put_item(kAlice, item("a@x", 1'001));
    rosters.put_item(kAlice, item("b@x", 1'002));
    rosters.put_item(kAlice, item("c@x", 1'003));
    rosters.remove_item(kAlice, "a@x", 1'004);
    rosters.remove_item(kAlice, "b@x", 1'005);
    rosters.remove_item(kAlice, "nobody@x", 1'006);
    rosters.put_item(kAlice, item("a@x", 1'007));
  });
  using Contacts = std::vector<std::string>;
  const std::pair<std::uint64_t, std::optional<Contacts>> cases[] = {
      {999, std::nullopt},                                 // before this account
      {1'000, Contacts{"b@x"}}, {1'004, Contacts{"b@x"}},  // a@x is back
      {1'005, Contacts{}},      {1'007, Contacts{}},
      {1'008, std::nullopt},  // this roster was never there
  };
  for (const auto& [since, expected] : cases) {
    CAPTURE(since);
    CHECK(storage.read([&](Stores& stores) { return stores.rosters().removed_since(kAlice, since); }) ==
          expected);
  }
  const Roster roster = load(storage);
  CHECK(roster.version == 1'007);
  CHECK(roster.items.size() == 2);
}

TEST_CASE("roster: only the last removals are remembered, and whoever is older is told so") {
  TestStorage storage;
  storage.create_account(kAlice, 1'000);
  const std::uint32_t extra = 3;
  const std::uint64_t last = 2'000 + RosterStore::kKeptRemovals + extra;
  storage.write([&](Stores& stores) {
    for (std::uint64_t version = 2'001; version <= last; ++version) {
      const auto contact = fmt::format("c{}@x", version);
      stores.rosters().put_item(kAlice, item(contact, version));
      stores.rosters().remove_item(kAlice, contact, version);
    }
  });
  const auto removed = [&](std::uint64_t since) {
    return storage.read([&](Stores& stores) { return stores.rosters().removed_since(kAlice, since); });
  };
  CHECK_FALSE(removed(2'000 + extra - 1));
  REQUIRE(removed(2'000 + extra));
  CHECK(removed(2'000 + extra)->size() == RosterStore::kKeptRemovals);
}

TEST_CASE("roster: requests wait apart from the items, one for each contact") {
  TestStorage storage;
  storage.create_account(kAlice);
  storage.write([](Stores& stores) {
    auto& rosters = stores.rosters();
    rosters.put_pending(kAlice, {.contact = "b@x", .stanza = "<presence from='b@x'/>"});
    rosters.put_pending(kAlice, {.contact = "a@x", .stanza = "<presence from='a@x'/>"});
    rosters.put_pending(kAlice, {.contact = "b@x", .stanza = "<presence from='b@x'>again</presence>"});
    rosters.put_pending(kAlice, {.contact = "c@x", .stanza = "<presence from='c@x'/>"});
    rosters.remove_pending(kAlice, "c@x");
  });
  const Roster roster = load(storage);
  CHECK(roster.items.empty());
  CHECK(roster.pending_in ==
        std::vector<PendingRequest>{{.contact = "a@x", .stanza = "<presence from='a@x'/>"},
                                    {.contact = "b@x", .stanza = "<presence from='b@x'>again</presence>"}});
}

TEST_CASE("roster: many are loaded in the order they were asked for") {
  TestStorage storage;
  const std::vector<std::string> owners{"b@example.org", "nobody@example.org", "a@example.org"};
  for (const auto& owner : {owners[0], owners[2]}) {
    storage.create_account(owner);
    storage.write(
        [&](Stores& stores) { stores.rosters().put_item(owner, item("friend-of-" + owner, 2'000)); });
  }
  const auto rosters = storage.read([&](Stores& stores) { return stores.rosters().load_many(owners); });
  REQUIRE(rosters.size() == 3);
  CHECK(rosters[0].items.at(0).contact == "friend-of-b@example.org");
  CHECK(rosters[1].version == 0);
  CHECK(rosters[2].items.at(0).contact == "friend-of-a@example.org");
}

}  // namespace
}  // namespace vestnik::storage
