#include <fmt/format.h>

#include "tests/contract/fixture.h"

namespace vestnik::storage {
namespace {

const std::string kAlice = "alice@example.org";
const std::string kBob = "bob@example.org";

OfflineId append(TestStorage& storage, std::string_view owner, std::int64_t received_at,
                 std::string_view stanza) {
  return storage.write(
      [&](Stores& stores) { return stores.offline().append(owner, at(received_at), stanza); });
}

std::vector<std::string> stanzas(TestStorage& storage, std::string_view owner, OfflineId after = 0,
                                 std::size_t limit = 100) {
  return storage.read([&](Stores& stores) {
    std::vector<std::string> found;
    for (auto& message : stores.offline().list(owner, after, limit))
      found.push_back(std::move(message.stanza));
    return found;
  });
}

OfflineUsage usage(TestStorage& storage, std::string_view owner) {
  return storage.read([&](Stores& stores) { return stores.offline().usage(owner); });
}

using Stanzas = std::vector<std::string>;

TEST_CASE("offline: messages come back in the order they came, by pages, to their owner only") {
  TestStorage storage;
  storage.create_account(kAlice);
  storage.create_account(kBob);
  append(storage, kAlice, 30, "<message>1</message>");
  append(storage, kBob, 20, "<message>for bob</message>");
  const OfflineId second = append(storage, kAlice, 10, "<message>2</message>");
  append(storage, kAlice, 20, "<message>3</message>");
  storage.reopen();

  CHECK(stanzas(storage, kAlice, 0, 2) == Stanzas{"<message>1</message>", "<message>2</message>"});
  CHECK(stanzas(storage, kAlice, second) == Stanzas{"<message>3</message>"});
  CHECK(stanzas(storage, kBob) == Stanzas{"<message>for bob</message>"});
  CHECK(storage.read([](Stores& stores) { return stores.offline().list(kBob, 0, 1).at(0).received_at; }) ==
        at(20));
  CHECK(usage(storage, kAlice) == OfflineUsage{.messages = 3, .bytes = 60});
}

TEST_CASE("offline: what is removed no longer counts") {
  TestStorage storage;
  storage.create_account(kAlice);
  std::vector<OfflineId> ids;
  for (const char* stanza : {"1", "22", "333", "4444", "55555"})
    ids.push_back(append(storage, kAlice, 1, stanza));

  storage.write([&](Stores& stores) {
    stores.offline().remove(kAlice, std::vector<OfflineId>{ids[3], ids[1], ids[1], 999});
  });
  CHECK(stanzas(storage, kAlice) == Stanzas{"1", "333", "55555"});
  CHECK(usage(storage, kAlice) == OfflineUsage{.messages = 3, .bytes = 9});

  storage.write([&](Stores& stores) { stores.offline().remove_up_to(kAlice, ids[2]); });
  CHECK(stanzas(storage, kAlice) == Stanzas{"55555"});
  CHECK(usage(storage, kAlice) == OfflineUsage{.messages = 1, .bytes = 5});

  storage.write([](Stores& stores) { stores.offline().remove_all(kAlice); });
  CHECK(usage(storage, kAlice) == OfflineUsage{});
}

TEST_CASE("offline: an id is never given out twice, so that a late removal meets no newer message") {
  TestStorage storage;
  storage.create_account(kAlice);
  const OfflineId first = append(storage, kAlice, 1, "old");
  storage.write([](Stores& stores) { stores.offline().remove_all(kAlice); });
  storage.reopen();
  CHECK(append(storage, kAlice, 1, "new") > first);
  storage.write([&](Stores& stores) { stores.offline().remove_up_to(kAlice, first); });
  CHECK(stanzas(storage, kAlice) == Stanzas{"new"});
}

TEST_CASE("offline: messages of a certain age expire, oldest first, in steps") {
  TestStorage storage;
  storage.create_account(kAlice);
  storage.create_account(kBob);
  append(storage, kAlice, 300, "a300");
  append(storage, kAlice, 100, "a100");
  append(storage, kBob, 200, "b200");
  append(storage, kBob, 400, "b400");
  const auto expire = [&](std::int64_t before) {
    return storage.write([&](Stores& stores) { return stores.offline().remove_expired(at(before), 2); });
  };
  CHECK(expire(100) == 0);
  CHECK(expire(400) == 2);
  CHECK(stanzas(storage, kAlice) == Stanzas{"a300"});
  CHECK(expire(400) == 1);
  CHECK(expire(400) == 0);
  CHECK(usage(storage, kAlice) == OfflineUsage{});
  CHECK(usage(storage, kBob) == OfflineUsage{.messages = 1, .bytes = 4});
}

TEST_CASE("offline: a stanza of any size comes back byte by byte") {
  TestStorage storage;
  storage.create_account(kAlice);
  for (const std::size_t size : {0U, 1U, 1'000U, 4'096U, 512U << 10}) {
    CAPTURE(size);
    std::string stanza;
    while (stanza.size() < size) stanza += fmt::format("{}\xd1\x84", stanza.size());
    stanza.resize(size);
    append(storage, kAlice, 1, stanza);
    CHECK(stanzas(storage, kAlice).back() == stanza);
  }
}

}  // namespace
}  // namespace vestnik::storage
