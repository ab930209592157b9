// Private XML, vCards, block lists and facts about the server.
#include "tests/contract/fixture.h"

namespace vestnik::storage {
namespace {

const std::string kAlice = "alice@example.org";
const std::string kBob = "bob@example.org";

TEST_CASE("private: one element for each name and namespace") {
  TestStorage storage;
  storage.create_account(kAlice);
  storage.create_account(kBob);
  const PrivateKey bookmarks{.ns = "storage:bookmarks", .name = "storage"};
  const PrivateKey notes{.ns = "storage:rosternotes", .name = "storage"};
  storage.write([&](Stores& stores) {
    auto& store = stores.private_xml();
    store.put(kAlice, bookmarks, "<storage>old</storage>");
    store.put(kAlice, notes, "<storage/>");
    store.put(kAlice, bookmarks, "<storage>\xc3\xa9</storage>");
    store.put(kBob, bookmarks, "<storage>bob</storage>");
  });
  storage.read([&](Stores& stores) {
    auto& store = stores.private_xml();
    CHECK(store.get(kAlice, bookmarks) == "<storage>\xc3\xa9</storage>");
    CHECK(store.get(kBob, bookmarks) == "<storage>bob</storage>");
    CHECK_FALSE(store.get(kBob, notes));
    CHECK_FALSE(store.get("nobody@example.org", notes));
    CHECK(store.list(kAlice) == std::vector{bookmarks, notes});
    CHECK(store.bytes(kAlice) == 21 + 10);
    CHECK(store.bytes("nobody@example.org") == 0);
  });
}

TEST_CASE("vcard: the last one put is kept") {
  TestStorage storage;
  storage.create_account(kAlice);
  const std::string large = "<vCard>" + std::string(200'000, 'p') + "</vCard>";
  CHECK_FALSE(storage.read([](Stores& stores) { return stores.vcards().get(kAlice); }));
  storage.write([](Stores& stores) { stores.vcards().put(kAlice, "<vCard/>"); });
  storage.write([&](Stores& stores) { stores.vcards().put(kAlice, large); });
  CHECK(storage.read([](Stores& stores) { return stores.vcards().get(kAlice); }) == large);
  CHECK_FALSE(storage.read([](Stores& stores) { return stores.vcards().get("nobody@example.org"); }));
}

TEST_CASE("blocks: a set of addresses for each owner") {
  TestStorage storage;
  storage.create_account(kAlice);
  storage.create_account(kBob);
  using Jids = std::vector<std::string>;
  const auto load = [&](const std::string& owner) {
    return storage.read([&](Stores& stores) { return stores.blocks().load(owner); });
  };
  storage.write([](Stores& stores) {
    stores.blocks().add(kAlice, Jids{"spam.example", "eve@example.org"});
    stores.blocks().add(kAlice, Jids{"eve@example.org", "eve@example.org/phone"});
    stores.blocks().add(kBob, Jids{"eve@example.org"});
  });
  CHECK(load(kAlice) == Jids{"eve@example.org", "eve@example.org/phone", "spam.example"});
  storage.write(
      [](Stores& stores) { stores.blocks().remove(kAlice, Jids{"eve@example.org", "other@example.org"}); });
  CHECK(load(kAlice) == Jids{"eve@example.org/phone", "spam.example"});
  storage.write([](Stores& stores) { stores.blocks().clear(kAlice); });
  CHECK(load(kAlice).empty());
  CHECK(load(kBob) == Jids{"eve@example.org"});
}

TEST_CASE("meta: bytes under a key, across restarts") {
  TestStorage storage;
  const std::string secret("\0\x01\xff'\"", 5);
  CHECK_FALSE(storage.read([](Stores& stores) { return stores.meta().get("secret"); }));
  storage.write([&](Stores& stores) {
    stores.meta().put("secret", "first");
    stores.meta().put("secret", secret);
    stores.meta().put("empty", "");
  });
  storage.reopen();
  CHECK(storage.read([](Stores& stores) { return stores.meta().get("secret"); }) == secret);
  CHECK(storage.read([](Stores& stores) { return stores.meta().get("empty"); }) == "");
}

TEST_CASE("spool: stanzas for other domains in the order of their ids") {
  TestStorage storage;
  const auto list = [&](SpoolId after, std::size_t limit) {
    return storage.read([&](Stores& stores) { return stores.spool().list(after, limit); });
  };
  CHECK(list(0, 10).empty());
  const SpoolId first = 1'764'000'000'000'000;  // as large as the clock makes them
  const std::vector<SpooledStanza> stanzas{{first + 2, "<message>2</message>"},
                                           {first, "<message>0</message>"},
                                           {first + 1, "<message>1</message>"}};
  storage.write([&](Stores& stores) { stores.spool().put(stanzas); });
  CHECK(list(0, 2) == std::vector{stanzas[1], stanzas[2]});
  CHECK(list(first + 1, 10) == std::vector{stanzas[0]});
  storage.write([&](Stores& stores) {
    stores.spool().put(std::vector<SpooledStanza>{{first, "<message>again</message>"}});
    stores.spool().remove(std::vector<SpoolId>{first + 1, first + 7});
  });
  CHECK(list(0, 10) == std::vector<SpooledStanza>{{first, "<message>again</message>"}, stanzas[0]});
}

RoomRecord room(std::string name, bool listed = true) {
  return {.jid = name + "@rooms.example.org",
          .service = "rooms.example.org",
          .name = name,
          .listed = listed,
          .config = "<x>'" + name + "'</x>",
          .subject = ""};
}

TEST_CASE("rooms: with what they know of users, until they are removed") {
  TestStorage storage;
  const std::string jid = "a@rooms.example.org";
  const auto load = [&] { return storage.read([&](Stores& stores) { return stores.rooms().load(jid); }); };
  CHECK_FALSE(load());
  RoomRecord record = room("a");
  const RoomAffiliation owner{.jid = kAlice, .affiliation = 4, .nick = "Al", .reason = ""};
  const RoomAffiliation foe{.jid = "x.example", .affiliation = 0, .nick = "", .reason = "a < b"};
  storage.write([&](Stores& stores) {
    stores.rooms().put(record);
    stores.rooms().put_affiliations(jid, std::vector{foe, owner});
  });
  storage.reopen();
  REQUIRE(load());
  CHECK(load()->record == record);
  CHECK(load()->affiliations == std::vector{owner, foe});
  record.listed = false;
  record.subject = "<message/>";
  storage.write([&](Stores& stores) {
    stores.rooms().put(record);
    stores.rooms().put_affiliations(
        jid, std::vector{RoomAffiliation{.jid = kAlice, .affiliation = 3, .nick = "", .reason = ""}});
    stores.rooms().remove_affiliations(jid, std::vector<std::string>{"x.example", "nobody@x"});
  });
  CHECK(load()->record == record);
  REQUIRE(load()->affiliations.size() == 1);
  CHECK(load()->affiliations[0].affiliation == 3);
  storage.write([&](Stores& stores) {
    CHECK(stores.rooms().remove(jid));
    CHECK_FALSE(stores.rooms().remove(jid));
    stores.rooms().put(record);
  });
  CHECK(load()->affiliations.empty());
}

TEST_CASE("rooms: the listed ones of a service, page by page both ways") {
  TestStorage storage;
  storage.write([](Stores& stores) {
    for (const char* name : {"c", "a", "e", "b", "d"}) stores.rooms().put(room(name, *name != 'd'));
    RoomRecord other = room("b");
    other.jid = "b@other.example.org";
    other.service = "other.example.org";
    stores.rooms().put(other);
  });
  const auto names = [&](auto list) {
    std::string all;
    for (const RoomSummary& one : storage.read(list)) all += one.name;
    return all;
  };
  const std::string_view service = "rooms.example.org";
  CHECK(names([&](Stores& stores) { return stores.rooms().list_after(service, "", 2); }) == "ab");
  CHECK(names([&](Stores& stores) { return stores.rooms().list_after(service, "b@rooms.example.org", 9); }) ==
        "ce");
  CHECK(names([&](Stores& stores) { return stores.rooms().list_before(service, "", 2); }) == "ce");
  CHECK(names([&](Stores& stores) {
          return stores.rooms().list_before(service, "c@rooms.example.org", 9);
        }) == "ab");
  CHECK(storage.read([&](Stores& stores) { return stores.rooms().count(service); }) == 4);
}

}  // namespace
}  // namespace vestnik::storage
