#include "core/storage/account_snapshot.h"
#include "tests/contract/fixture.h"

namespace vestnik::storage {
namespace {

const std::string kAlice = "alice@example.org";

sasl::ScramKeys keys(char seed) {
  return {.salt = {seed, '\0', '\xff'},
          .iterations = 10'000,
          .stored_key = std::string(20, seed),
          .server_key = std::string("\0'\"\x80", 4)};
}

TEST_CASE("accounts: a record comes back as it was created") {
  TestStorage storage;
  AccountRecord alice = account(kAlice, 1'700'000'000'123);
  alice.disabled = true;
  alice.last_activity = LastActivity{.at = at(5), .status = "gone \xf0\x9f\x8e\x89"};
  alice.credentials = {.sha1 = keys('a'), .sha256 = keys('b')};
  REQUIRE(storage.write([&](Stores& stores) { return stores.accounts().create(alice); }));
  storage.reopen();

  const auto found = storage.read([](Stores& stores) { return stores.accounts().find(kAlice); });
  REQUIRE(found);
  CHECK(found->jid == kAlice);
  CHECK(found->created_at == alice.created_at);
  CHECK(found->disabled);
  CHECK(found->last_activity == alice.last_activity);
  CHECK(found->credentials.sha1 == alice.credentials.sha1);
  CHECK(found->credentials.sha256 == alice.credentials.sha256);
}

TEST_CASE("accounts: a name is given out once") {
  TestStorage storage;
  storage.create_account(kAlice, 1);
  CHECK_FALSE(storage.write([](Stores& stores) { return stores.accounts().create(account(kAlice, 2)); }));
  CHECK(storage.read([](Stores& stores) { return stores.accounts().find(kAlice)->created_at; }) == at(1));
}

TEST_CASE("accounts: setters replace, and say when there is no such account") {
  TestStorage storage;
  storage.create_account(kAlice);
  for (const std::string& jid : {kAlice, std::string("nobody@example.org")}) {
    const auto set = storage.write([&](Stores& stores) {
      auto& accounts = stores.accounts();
      return std::vector{accounts.set_credentials(jid, {.sha1 = keys('x'), .sha256 = keys('y')}),
                         accounts.set_credentials(jid, {.sha1 = {}, .sha256 = keys('z')}),
                         accounts.set_disabled(jid, true),
                         accounts.set_last_activity(jid, {.at = at(77), .status = ""})};
    });
    CHECK(set == std::vector<bool>(4, jid == kAlice));
  }
  const auto alice = storage.read([](Stores& stores) { return stores.accounts().find(kAlice); });
  REQUIRE(alice);
  CHECK_FALSE(alice->credentials.sha1);
  CHECK(alice->credentials.sha256 == keys('z'));
  CHECK(alice->disabled);
  CHECK(alice->last_activity == LastActivity{.at = at(77), .status = ""});
  CHECK_FALSE(storage.read([](Stores& stores) { return stores.accounts().exists("nobody@example.org"); }));
}

TEST_CASE("accounts: lists are of one host, in order, by pages") {
  TestStorage storage;
  for (const char* jid :
       {"c@example.org", "a@example.org", "b@example.org", "a@example.net", "d@sub.example.org"}) {
    storage.create_account(jid);
  }
  const auto page = [&](std::string after) {
    return storage.read([&](Stores& stores) {
      std::vector<std::string> jids;
      for (const auto& entry : stores.accounts().list("example.org", after, 2)) jids.push_back(entry.jid);
      return jids;
    });
  };
  CHECK(page("") == std::vector<std::string>{"a@example.org", "b@example.org"});
  CHECK(page("b@example.org") == std::vector<std::string>{"c@example.org"});
  CHECK(page("c@example.org").empty());
  CHECK(storage.read([](Stores& stores) { return stores.accounts().count("example.org"); }) == 3);
  CHECK(storage.read([](Stores& stores) { return stores.accounts().count("nowhere.example"); }) == 0);
}

// SECURITY 25.
TEST_CASE("accounts: who gets a deleted account's name inherits nothing") {
  TestStorage storage;
  storage.create_account(kAlice, 1'000);
  storage.create_account("bob@example.org");
  storage.write([](Stores& stores) {
    for (const auto& owner : {kAlice, std::string("bob@example.org")}) {
      stores.accounts().set_credentials(owner, {.sha1 = keys('a'), .sha256 = keys('b')});
      stores.rosters().put_item(owner,
                                {.contact = "eve@example.org", .name = "", .groups = {}, .version = 1'001});
      stores.rosters().put_item(owner,
                                {.contact = "out@example.org", .name = "", .groups = {}, .version = 1'002});
      stores.rosters().remove_item(owner, "out@example.org", 1'003);
      stores.rosters().put_pending(owner, {.contact = "mallory@example.org", .stanza = "<presence/>"});
      stores.offline().append(owner, at(1), "<message/>");
      stores.private_xml().put(owner, {.ns = "ns", .name = "x"}, "<x xmlns='ns'/>");
      stores.vcards().put(owner, "<vCard/>");
      stores.blocks().add(owner, std::vector<std::string>{"eve@example.org"});
    }
  });
  CHECK(storage.write([](Stores& stores) { return stores.accounts().remove(kAlice); }));
  CHECK_FALSE(storage.write([](Stores& stores) { return stores.accounts().remove(kAlice); }));
  CHECK_FALSE(storage.read([](Stores& stores) { return load_account_snapshot(stores, kAlice); }));
  storage.create_account(kAlice, 2'000);

  const auto left = [&](const std::string& owner) {
    return storage.read([&](Stores& stores) {
      const auto snapshot = load_account_snapshot(stores, owner);
      return std::vector<std::size_t>{snapshot->account.credentials.sha1.has_value(),
                                      snapshot->roster.items.size(),
                                      snapshot->roster.pending_in.size(),
                                      snapshot->offline.messages,
                                      snapshot->blocked.size(),
                                      stores.offline().list(owner, 0, 10).size(),
                                      stores.private_xml().list(owner).size(),
                                      stores.vcards().get(owner).has_value(),
                                      stores.rosters().removed_since(owner, 1'002).has_value()};
    });
  };
  CHECK(left(kAlice) == std::vector<std::size_t>(9, 0));
  CHECK(left("bob@example.org") == std::vector<std::size_t>(9, 1));
}

TEST_CASE("accounts: nothing can be kept for an account that does not exist, and nothing removed") {
  TestStorage storage;
  const std::string nobody = "nobody@example.org";
  const std::vector<std::string> jids{"eve@example.org"};
  const std::pair<const char*, std::function<void(Stores&)>> writes[] = {
      {"roster",
       [&](Stores& stores) {
         stores.rosters().put_item(nobody, {.contact = "a@b", .name = "", .groups = {}});
       }},
      {"pending",
       [&](Stores& stores) { stores.rosters().put_pending(nobody, {.contact = "a@b", .stanza = "<p/>"}); }},
      {"offline", [&](Stores& stores) { stores.offline().append(nobody, at(1), "<message/>"); }},
      {"private",
       [&](Stores& stores) { stores.private_xml().put(nobody, {.ns = "n", .name = "x"}, "<x/>"); }},
      {"vcard", [&](Stores& stores) { stores.vcards().put(nobody, "<vCard/>"); }},
      {"block", [&](Stores& stores) { stores.blocks().add(nobody, jids); }},
  };
  for (const auto& [store, change] : writes) {
    CAPTURE(store);
    const auto outcome = storage.try_write(change);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().kind == ErrorKind::constraint);
  }
  storage.write([&](Stores& stores) {
    stores.rosters().remove_item(nobody, "a@b", 1);
    stores.rosters().remove_pending(nobody, "a@b");
    stores.offline().remove(nobody, std::vector<OfflineId>{1});
    stores.offline().remove_up_to(nobody, 1);
    stores.offline().remove_all(nobody);
    stores.blocks().remove(nobody, jids);
    stores.blocks().clear(nobody);
  });
  CHECK(storage->status().state == State::ok);
}

TEST_CASE("accounts: a log-in's snapshot has all its parts") {
  TestStorage storage;
  storage.create_account(kAlice);
  storage.write([](Stores& stores) {
    stores.rosters().put_item(kAlice,
                              {.contact = "bob@example.org", .name = "Bob", .groups = {}, .version = 2'000});
    stores.blocks().add(kAlice, std::vector<std::string>{"spam.example", "eve@example.org/x"});
    stores.offline().append(kAlice, at(1), "<message/>");
  });
  const auto snapshot = storage.read([](Stores& stores) { return load_account_snapshot(stores, kAlice); });
  REQUIRE(snapshot);
  CHECK(snapshot->account.jid == kAlice);
  CHECK(snapshot->roster.version == 2'000);
  CHECK(snapshot->roster.items.size() == 1);
  CHECK(snapshot->blocked == std::vector<std::string>{"eve@example.org/x", "spam.example"});
  CHECK(snapshot->offline == OfflineUsage{.messages = 1, .bytes = 10});
}

}  // namespace
}  // namespace vestnik::storage
