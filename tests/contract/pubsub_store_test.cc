#include "core/storage/pubsub_store.h"

#include <algorithm>

#include "tests/contract/fixture.h"

namespace vestnik::storage {
namespace {

const std::string kAlice = "alice@example.org";
const std::string kBob = "bob@example.org";
const std::string kService = "pubsub.example.org";

PubsubItem item(std::string id, std::string payload = "<x/>") {
  return {
      .id = std::move(id), .publisher = kAlice + "/a", .published_at = at(5), .payload = std::move(payload)};
}

std::vector<std::string> ids(const std::vector<PubsubItem>& items) {
  std::vector<std::string> ids;
  for (const auto& one : items) ids.push_back(one.id);
  return ids;
}

using Ids = std::vector<std::string>;

TEST_CASE("pubsub: nodes of accounts and services, by name") {
  TestStorage storage;
  storage.create_account(kAlice);
  storage.write([](Stores& stores) {
    stores.pubsub().create(kAlice, "urn:b", "one", at(1));
    stores.pubsub().create(kAlice, "urn:a", "two", at(2));
    stores.pubsub().create(kService, "urn:a", "three", at(3));
  });
  storage.write([](Stores& stores) {
    stores.pubsub().configure(stores.pubsub().find(kAlice, "urn:b")->id, "changed");
  });
  storage.read([](Stores& stores) {
    PubsubStore& store = stores.pubsub();
    const auto nodes = store.list(kAlice, "", 9);
    REQUIRE(nodes.size() == 2);
    CHECK(nodes[0].name == "urn:a");
    CHECK(nodes[0].created_at == at(2));
    CHECK(nodes[1].config == "changed");
    CHECK(store.list(kAlice, "urn:a", 9).size() == 1);
    CHECK(store.list(kAlice, "", 1).size() == 1);
    CHECK(store.find(kService, "urn:a")->config == "three");
    CHECK_FALSE(store.find(kService, "urn:b"));
    CHECK(store.usage(kAlice) == PubsubUsage{.nodes = 2, .bytes = 0});
  });
  CHECK_FALSE(storage.try_write(
      [](Stores& stores) { stores.pubsub().create("nobody@example.org", "urn:a", "", at(1)); }));
  CHECK_FALSE(storage.try_write([](Stores& stores) { stores.pubsub().create(kAlice, "urn:a", "", at(1)); }));
}

TEST_CASE("pubsub: items in the order of their last publication") {
  TestStorage storage;
  storage.create_account(kAlice);
  const auto node = storage.write([](Stores& stores) {
    const auto id = stores.pubsub().create(kAlice, "urn:a", "", at(1));
    for (const auto* name : {"1", "2", "3", "4"}) stores.pubsub().put_item(id, item(name));
    stores.pubsub().put_item(id, item("2", "<longer/>"));
    return id;
  });
  storage.read([&](Stores& stores) {
    PubsubStore& store = stores.pubsub();
    CHECK(ids(store.items(node, {.limit = 9})) == Ids{"1", "3", "4", "2"});
    CHECK(ids(store.items(node, {.limit = 2})) == Ids{"1", "3"});
    CHECK(ids(store.items(node, {.limit = 2, .newest = true})) == Ids{"4", "2"});
    const auto third = store.item(node, "3");
    REQUIRE(third);
    CHECK(third->publisher == kAlice + "/a");
    CHECK(third->published_at == at(5));
    CHECK(store.item(node, "2")->payload == "<longer/>");
    CHECK(ids(store.items(node, {.after = third->position, .limit = 9})) == Ids{"4", "2"});
    CHECK(ids(store.items(node, {.before = third->position, .limit = 9})) == Ids{"1"});
    CHECK_FALSE(store.item(node, "5"));
    CHECK(store.find(kAlice, "urn:a")->items == 4);
    CHECK(store.usage(kAlice).bytes == 3 * 5 + 10);
  });
  storage.write([&](Stores& stores) {
    CHECK(stores.pubsub().remove_item(node, "2"));
    CHECK_FALSE(stores.pubsub().remove_item(node, "2"));
    CHECK(stores.pubsub().find(kAlice, "urn:a")->items == 3);
    CHECK(stores.pubsub().usage(kAlice).bytes == 3 * 5);
    stores.pubsub().purge(node);
    CHECK(stores.pubsub().find(kAlice, "urn:a")->items == 0);
    CHECK(stores.pubsub().usage(kAlice).bytes == 0);
    // Positions are not given out again.
    stores.pubsub().put_item(node, item("new"));
    CHECK(stores.pubsub().item(node, "new")->position == 6);
  });
}

TEST_CASE("pubsub: affiliations and subscriptions") {
  TestStorage storage;
  storage.create_account(kAlice);
  const auto node = storage.write([](Stores& stores) {
    PubsubStore& store = stores.pubsub();
    const auto id = store.create(kAlice, "urn:a", "", at(1));
    store.set_affiliation(id, kBob, 2);
    store.set_affiliation(id, kBob, 3);
    store.set_affiliation(id, "foe@example.org", 4);
    store.set_affiliation(id, "foe@example.org", 0);
    store.set_subscription(id, kBob, 1);
    store.set_subscription(id, kBob + "/phone", 2);
    store.set_subscription(id, "bob@example.org.evil", 1);
    const auto other = store.create(kService, "urn:b", "", at(1));
    store.set_subscription(other, kBob, 1);
    return id;
  });
  storage.read([&](Stores& stores) {
    PubsubStore& store = stores.pubsub();
    CHECK(store.affiliations(node) == std::vector<PubsubAffiliation>{{kBob, 3}});
    CHECK(store.subscriptions(node).size() == 3);
    CHECK(store.affiliations_of(kAlice, kBob) == std::vector<PubsubTie>{{"urn:a", kBob, 3}});
    CHECK(store.subscriptions_of(kAlice, kBob) ==
          std::vector<PubsubTie>{{"urn:a", kBob, 1}, {"urn:a", kBob + "/phone", 2}});
    CHECK(store.subscriptions_of(kService, kBob) == std::vector<PubsubTie>{{"urn:b", kBob, 1}});
  });
}

TEST_CASE("pubsub: what belongs to a node or an account goes with it") {
  TestStorage storage;
  storage.create_account(kAlice);
  const auto fill = [](Stores& stores) {
    PubsubStore& store = stores.pubsub();
    const auto id = store.create(kAlice, "urn:a", "", at(1));
    store.put_item(id, item("1"));
    store.set_affiliation(id, kBob, 2);
    store.set_subscription(id, kBob, 1);
    return id;
  };
  const auto check_new = [&](Stores& stores) {
    const auto id = stores.pubsub().create(kAlice, "urn:a", "", at(2));
    CHECK(stores.pubsub().items(id, {.limit = 9}).empty());
    CHECK(stores.pubsub().affiliations(id).empty());
    CHECK(stores.pubsub().subscriptions(id).empty());
    CHECK(stores.pubsub().usage(kAlice) == PubsubUsage{.nodes = 1, .bytes = 0});
    stores.pubsub().remove(id);
  };
  const auto node = storage.write(fill);
  storage.write([&](Stores& stores) { stores.pubsub().remove(node); });
  storage.write(check_new);
  storage.write(fill);
  storage.write([](Stores& stores) { CHECK(stores.accounts().remove(kAlice)); });
  storage.create_account(kAlice);
  CHECK_FALSE(storage.read([](Stores& stores) { return stores.pubsub().find(kAlice, "urn:a"); }));
  storage.write(check_new);
}

}  // namespace
}  // namespace vestnik::storage
