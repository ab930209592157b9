#include <fmt/format.h>

#include <atomic>

#include "tests/contract/fixture.h"

namespace vestnik::storage {
namespace {

const std::string kAlice = "alice@example.org";
const std::string kBob = "bob@example.org";
const std::string kCarol = "carol@example.org";

Jid jid(std::string_view text) { return *Jid::parse(text); }

/// Accounts whose archives can be filled.
class Archives : public TestStorage {
 public:
  explicit Archives(const Tuning& tuning = {}) : TestStorage(tuning) {
    for (const auto& name : {kAlice, kBob, kCarol}) create_account(name);
  }

  /// A message with a body of its own; its id is its body's.
  std::uint64_t add(std::string_view owner, ArchiveId id, std::string_view peer, std::string_view stanza) {
    return write([&, peer = jid(peer)](Stores& stores) {
      return stores.archive().append(owner, {.id = id, .body = id, .peer = peer, .stanza = stanza});
    });
  }

  /// A message that another archive may have already.
  Result<std::uint64_t, Error> share(std::string_view owner, ArchiveId id, BodyId body) {
    return try_write([&, peer = jid(kCarol)](Stores& stores) {
      return stores.archive().append(owner, {.id = id, .body = body, .peer = peer, .stanza = "shared"});
    });
  }

  ArchivePage page(std::string_view owner, const ArchiveQuery& query) {
    return read([&](Stores& stores) { return stores.archive().page(owner, query); });
  }

  std::vector<ArchiveId> ids(std::string_view owner, const ArchiveQuery& query = {.with = {}, .limit = 100}) {
    std::vector<ArchiveId> found;
    for (const auto& message : page(owner, query).messages) found.push_back(message.id);
    return found;
  }

  std::optional<ArchiveBounds> bounds(std::string_view owner) {
    return read([&](Stores& stores) { return stores.archive().bounds(owner); });
  }

  BodyId next_body() {
    return read([](Stores& stores) { return stores.archive().next_body(); });
  }
};

using Ids = std::vector<ArchiveId>;

TEST_CASE("archive: messages come back by pages, from either end, to their owner only") {
  Archives storage;
  for (const ArchiveId id : {10, 20, 30, 40, 50}) storage.add(kAlice, id, kBob, fmt::format("m{}", id));
  storage.add(kBob, 25, kAlice, "bob's");
  storage.reopen();

  const auto first = storage.page(kAlice, {.with = {}, .limit = 2});
  CHECK(first.messages == std::vector<ArchivedMessage>{{10, "m10"}, {20, "m20"}});
  CHECK_FALSE(first.complete);
  const auto rest = storage.page(kAlice, {.after = 20, .with = {}, .limit = 3});
  CHECK(rest.messages.size() == 3);
  CHECK(rest.complete);

  const auto last = storage.page(kAlice, {.with = {}, .from_end = true, .limit = 2});
  CHECK(last.messages == std::vector<ArchivedMessage>{{40, "m40"}, {50, "m50"}});
  CHECK_FALSE(last.complete);
  CHECK(storage.ids(kAlice, {.before = 40, .with = {}, .from_end = true, .limit = 2}) == Ids{20, 30});
  CHECK(storage.ids(kAlice, {.after = 10, .before = 40, .with = {}, .limit = 9}) == Ids{20, 30});
  CHECK(storage.page(kAlice, {.before = 20, .with = {}, .from_end = true, .limit = 1}).complete);
  CHECK(storage.ids(kBob) == Ids{25});
  CHECK(storage.ids("nobody@example.org").empty());
  CHECK(storage.page(kAlice, {.with = {}, .limit = 0}).messages.empty());
}

TEST_CASE("archive: a page ends where its bytes do, but never before the first message") {
  Archives storage;
  for (const ArchiveId id : {1, 2, 3}) storage.add(kAlice, id, kBob, std::string(1'000, 'x'));
  CHECK(storage.ids(kAlice, {.with = {}, .limit = 9, .bytes = 1'500}) == Ids{1, 2});
  CHECK_FALSE(storage.page(kAlice, {.with = {}, .limit = 9, .bytes = 1'500}).complete);
  CHECK(storage.ids(kAlice, {.with = {}, .limit = 9, .bytes = 1}) == Ids{1});
  CHECK(storage.page(kAlice, {.with = {}, .limit = 9, .bytes = 3'000}).complete);
}

TEST_CASE("archive: a bare peer is any of its resources, a full one exactly that") {
  Archives storage;
  storage.add(kAlice, 1, "bob@example.org/a", "1");
  storage.add(kAlice, 2, kCarol, "2");
  storage.add(kAlice, 3, kBob, "3");
  storage.add(kAlice, 4, "bob@example.org/b", "4");
  storage.add(kAlice, 5, kAlice, "5");
  const auto with = [&](std::string_view peer, bool from_end = false) {
    return storage.ids(kAlice, {.with = jid(peer), .from_end = from_end, .limit = 9});
  };
  CHECK(with(kBob) == Ids{1, 3, 4});
  CHECK(with(kBob, true) == Ids{1, 3, 4});
  CHECK(with("bob@example.org/b") == Ids{4});
  CHECK(with("bob@example.org/c").empty());
  CHECK(with(kAlice) == Ids{5});
  CHECK(storage.ids(kAlice, {.after = 1, .before = 4, .with = jid(kBob), .limit = 9}) == Ids{3});
  CHECK(storage.ids(kAlice, {.with = jid(kBob), .from_end = true, .limit = 1}) == Ids{4});
}

TEST_CASE("archive: what is there, and its ends") {
  Archives storage;
  for (const ArchiveId id : {1, 2, 3}) storage.add(kAlice, id, kBob, fmt::format("m{}", id));
  CHECK(storage.read([](Stores& stores) { return stores.archive().contains(kAlice, 2); }));
  CHECK_FALSE(storage.read([](Stores& stores) { return stores.archive().contains(kBob, 2); }));
  CHECK(storage.bounds(kAlice) == ArchiveBounds{.first = 1, .last = 3});
  CHECK(storage.bounds(kBob) == std::nullopt);
}

TEST_CASE("archive: both sides share the stanza, which goes with the last of them") {
  Archives storage;
  storage.add(kAlice, 7, kBob, "shared");
  CHECK(storage.share(kBob, 9, 7).has_value());
  CHECK(storage.page(kBob, {.with = {}, .limit = 1}).messages.at(0).stanza == "shared");
  CHECK(storage.next_body() == 8);

  const auto remove = [&](std::string_view owner) {
    return storage.write(
        [&](Stores& stores) { return stores.archive().remove_before(owner, kEndOfArchive, 10); });
  };
  CHECK(remove(kAlice) == 1);
  CHECK(storage.ids(kBob) == Ids{9});
  CHECK(storage.next_body() == 8);
  CHECK(remove(kBob) == 1);
  CHECK(storage.next_body() == 1);
}

TEST_CASE("archive: the stanza is there for the second although the first has let go of it") {
  Archives storage;
  storage.add(kAlice, 7, kBob, "shared");
  storage.write([](Stores& stores) { stores.archive().remove_before(kAlice, kEndOfArchive, 1); });
  CHECK(storage.share(kBob, 9, 7).has_value());
  CHECK(storage.page(kBob, {.with = {}, .limit = 1}).messages.at(0).stanza == "shared");
}

TEST_CASE("archive: of many in one group all are there but those that cannot be") {
  constexpr ArchiveId kCount = 1'200;
  constexpr std::chrono::seconds kPatient{60};
  Archives storage({.max_group_time = kPatient});
  Gate gate(storage);
  std::atomic<int> refused = 0;
  const auto append = [&](const std::string& owner, ArchiveId id) {
    storage->write(
        storage.tag,
        [owner, id, peer = jid(kCarol)](Stores& stores) {
          const std::string stanza = fmt::format("m{}", id);
          stores.archive().append(owner, {.id = id, .body = id, .peer = peer, .stanza = stanza});
        },
        [&](const auto& outcome) { refused += outcome ? 0 : 1; });
  };
  for (ArchiveId id = 1; id <= kCount; ++id) {
    append(kAlice, id);
    append(kBob, id);
    if (id == kCount / 2) append("nobody@example.org", id);
  }
  gate.open();
  storage->close(kPatient);
  CHECK(refused == 1);
  storage.reopen();
  for (const std::string& owner : {kAlice, kBob}) {
    const auto messages = storage.page(owner, {.with = {}, .limit = 2 * kCount}).messages;
    REQUIRE(messages.size() == kCount);
    for (ArchiveId id = 1; id <= kCount; ++id)
      CHECK(messages[static_cast<std::size_t>(id - 1)] == ArchivedMessage{id, fmt::format("m{}", id)});
  }
  CHECK(storage.add(kAlice, kCount + 1, kBob, "next") == kCount + 1);
  for (const std::string& owner : {kAlice, kBob}) {
    CHECK(storage.next_body() == kCount + 2);
    storage.write(
        [&](Stores& stores) { return stores.archive().remove_before(owner, kCount + 1, 2 * kCount); });
  }
  CHECK(storage.ids(kAlice) == Ids{kCount + 1});
  storage.write([&](Stores& stores) { stores.archive().remove_before(kAlice, kEndOfArchive, 9); });
  CHECK(storage.next_body() == 1);
}

TEST_CASE("archive: within a transaction everything happens in order") {
  Archives storage;
  const auto append = [](Stores& stores, ArchiveId id) {
    stores.archive().append(kAlice, {.id = id, .body = id, .peer = jid(kBob), .stanza = "x"});
  };
  storage.write([&](Stores& stores) {
    append(stores, 1);
    append(stores, 2);
    stores.archive().remove_before(kAlice, 2, 9);
    append(stores, 3);
    CHECK(stores.archive().bounds(kAlice) == ArchiveBounds{.first = 2, .last = 3});
    append(stores, 4);
  });
  CHECK(storage.ids(kAlice) == Ids{2, 3, 4});
  storage.write([&](Stores& stores) {
    append(stores, 5);
    CHECK(stores.accounts().remove(kAlice));
    CHECK(stores.accounts().create(account(kAlice)));
    append(stores, 6);
  });
  CHECK(storage.ids(kAlice) == Ids{6});  // the new account has nothing of the old one's
}

TEST_CASE("archive: an id is given to one message") {
  Archives storage;
  storage.add(kAlice, 7, kBob, "x");
  const auto again = storage.share(kAlice, 7, 8);
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().kind == ErrorKind::constraint);
  CHECK(storage.ids(kAlice) == Ids{7});
  CHECK(storage.next_body() == 8);
}

TEST_CASE("archive: it counts what it was given, and is cut to what may stay, the oldest first") {
  Archives storage;
  for (ArchiveId id = 1; id <= 10; ++id)
    CHECK(storage.add(kAlice, id, kBob, "x") == static_cast<std::uint64_t>(id));
  CHECK(storage.add(kBob, 11, kAlice, "x") == 1);
  const auto cut = [&](std::uint64_t newest, std::size_t limit) {
    return storage.write(
        [&](Stores& stores) { return stores.archive().remove_all_but(kAlice, newest, limit); });
  };
  CHECK(cut(10, 5) == 0);
  CHECK(cut(4, 5) == 5);
  CHECK(storage.ids(kAlice) == Ids{6, 7, 8, 9, 10});
  CHECK(cut(4, 5) == 1);
  CHECK(cut(4, 5) == 0);
  CHECK(storage.ids(kAlice) == Ids{7, 8, 9, 10});
  CHECK(storage.ids(kBob) == Ids{11});

  CHECK(storage.write([](Stores& stores) { return stores.archive().remove_before(kAlice, 9, 1); }) == 1);
  CHECK(storage.write([](Stores& stores) { return stores.archive().remove_before(kAlice, 9, 9); }) == 1);
  CHECK(storage.ids(kAlice) == Ids{9, 10});
  CHECK(storage.ids(kAlice, {.with = jid(kBob), .limit = 9}) == Ids{9, 10});
}

TEST_CASE("archive: a deleted account's is out of reach at once, and goes in steps") {
  Archives storage;
  for (ArchiveId id = 1; id <= 5; ++id) storage.add(kAlice, id, kBob, "x");
  CHECK(storage.share(kBob, 6, 5).has_value());
  storage.write([](Stores& stores) { CHECK(stores.accounts().remove(kAlice)); });
  storage.create_account(kAlice);
  CHECK(storage.ids(kAlice).empty());
  storage.add(kAlice, 7, kBob, "new");

  const auto sweep = [&](std::size_t limit) {
    return storage.write([&](Stores& stores) { return stores.archive().remove_orphans(limit); });
  };
  CHECK(sweep(2) == 2);
  CHECK(sweep(2) == 2);
  CHECK(sweep(2) == 1);
  CHECK(sweep(2) == 0);
  CHECK(storage.ids(kAlice) == Ids{7});
  CHECK(storage.ids(kBob) == Ids{6});
}

TEST_CASE("archive: a message is replaced in one archive, the other keeps what it had") {
  Archives storage;
  storage.add(kAlice, 7, kBob, "shared");
  CHECK(storage.share(kBob, 9, 7).has_value());
  const auto replace = [&](std::string_view owner, ArchiveId id, BodyId body) {
    storage.write([&](Stores& stores) { stores.archive().replace(owner, id, body, "gone"); });
  };
  replace(kAlice, 7, 8);
  replace(kAlice, 99, 9);               // there is no such message
  replace("nobody@example.org", 7, 9);  // nor such an archive
  CHECK(storage.next_body() == 9);
  CHECK(storage.page(kAlice, {.with = jid(kBob), .limit = 9}).messages ==
        std::vector<ArchivedMessage>{{7, "gone"}});
  CHECK(storage.page(kBob, {.with = {}, .limit = 9}).messages == std::vector<ArchivedMessage>{{9, "shared"}});
  replace(kBob, 9, 9);
  storage.write([](Stores& stores) { stores.archive().remove_before(kAlice, kEndOfArchive, 9); });
  CHECK(storage.page(kBob, {.with = {}, .limit = 9}).messages == std::vector<ArchivedMessage>{{9, "gone"}});
  storage.write([](Stores& stores) { stores.archive().remove_before(kBob, kEndOfArchive, 9); });
  CHECK(storage.next_body() == 1);
}

/// Archives whose messages are found by their text, which is all of their content.
class Searchable : public Archives {
 public:
  void add(std::string_view owner, ArchiveId id, std::string_view peer, std::string_view text) {
    write([&, peer = jid(peer)](Stores& stores) {
      stores.archive().append(owner,
                              {.id = id, .body = id, .peer = peer, .stanza = text, .searchable = true});
    });
  }

  std::size_t index(std::size_t limit = 100) {
    return write([&](Stores& stores) {
      const auto waiting = stores.archive().unindexed(limit);
      for (const auto& message : waiting) stores.archive().index(message.place, message.stanza);
      return waiting.size();
    });
  }

  std::vector<ArchiveId> found(std::string_view owner, std::string_view text, ArchiveQuery query = {}) {
    query.text = text;
    if (query.limit == 0) query.limit = 100;
    return ids(owner, query);
  }
};

TEST_CASE("archive: messages are found by their words, once these have been taken in, by their owner only") {
  Searchable storage;
  storage.add(kAlice, 1, kBob, "The quick brown fox");
  storage.add(kAlice, 2, "carol@example.org/x", "a brown bear, \"really\"");
  storage.add(kBob, 3, kAlice, "brown too");
  storage.Archives::add(kAlice, 4, kBob, "brown, but not to be searched");
  storage.add(kAlice, 5, kCarol, "");
  CHECK(storage.found(kAlice, "brown").empty());
  CHECK(storage.index(2) == 2);
  CHECK(storage.index() == 2);
  CHECK(storage.index() == 0);
  storage.reopen();
  CHECK(storage.found(kAlice, "brown") == Ids{1, 2});
  CHECK(storage.found(kBob, "brown") == Ids{3});
  CHECK(storage.found(kAlice, "BROWN fox") == Ids{1});
  CHECK(storage.found(kAlice, "fox bear").empty());
  CHECK(storage.found(kAlice, "bro").empty());
  CHECK(storage.found("nobody@example.org", "brown").empty());
  CHECK(storage.found(kAlice, "brown", {.after = 1, .with = {}}) == Ids{2});
  CHECK(storage.found(kAlice, "brown", {.before = 2, .with = {}}) == Ids{1});
  CHECK(storage.found(kAlice, "brown", {.with = {}, .from_end = true, .limit = 1}) == Ids{2});
  CHECK(storage.found(kAlice, "brown", {.with = jid(kCarol)}) == Ids{2});
  CHECK(storage.found(kAlice, "brown", {.with = jid("carol@example.org/y")}).empty());
}

TEST_CASE("archive: what looks like a query language is words") {
  Searchable storage;
  storage.add(kAlice, 1, kBob, "one AND a\"b owner:a2 (x) naïve Straße 日本 don't");
  storage.add(kBob, 2, kAlice, "one");
  storage.index();
  for (const char* text :
       {"and", "a\"b", "owner:a2", "(x)", "NAIVE", "one  and", " one ", "\"one", "don't", "日本"})
    CHECK_MESSAGE(storage.found(kAlice, text) == Ids{1}, text);
  for (const char* text :
       {"one OR two", "on*", "^two", "NEAR(one two)", "\"", " ", "one NOT and two", "{text}:b c"})
    CHECK_MESSAGE(storage.found(kAlice, text).empty(), text);
}

TEST_CASE("archive: what is deleted or replaced is not found, before it is taken in and after") {
  Searchable storage;
  for (const ArchiveId id : {1, 2, 3, 4}) storage.add(kAlice, id, kBob, "word");
  storage.write([](Stores& stores) { stores.archive().remove_before(kAlice, 2, 9); });
  storage.write([](Stores& stores) { stores.archive().replace(kAlice, 2, 9, ""); });
  CHECK(storage.index() == 4);
  CHECK(storage.found(kAlice, "word") == Ids{3, 4});
  storage.write([](Stores& stores) { stores.archive().replace(kAlice, 4, 10, "other"); });
  CHECK(storage.found(kAlice, "word") == Ids{3});
  storage.write([](Stores& stores) { stores.archive().remove_before(kAlice, kEndOfArchive, 9); });
  CHECK(storage.found(kAlice, "word").empty());
  CHECK(storage.found(kAlice, "other").empty());
}

TEST_CASE("archive: the head has the newest id and the preferences, which are replaced as a whole") {
  Archives storage;
  const auto head = [&] {
    return storage.read([](Stores& stores) { return stores.archive().head(kAlice); });
  };
  const auto set = [&](const ArchivePreferences& preferences) {
    storage.write([&](Stores& stores) { stores.archive().set_preferences(kAlice, preferences); });
  };
  CHECK(head().last == kNoArchiveId);
  CHECK(head().preferences == ArchivePreferences{});
  storage.add(kAlice, 3, kBob, "x");
  storage.add(kAlice, 4, kBob, "x");
  const ArchivePreferences preferences{
      .otherwise = ArchivePolicy::roster, .always = {kBob, kCarol}, .never = {"carol@example.org/x"}};
  set(preferences);
  storage.reopen();
  CHECK(head().last == 4);
  CHECK(head().preferences == preferences);
  set({.otherwise = ArchivePolicy::never, .always = {}, .never = {kBob}});
  CHECK(head().preferences ==
        ArchivePreferences{.otherwise = ArchivePolicy::never, .always = {}, .never = {kBob}});
  storage.write([](Stores& stores) { CHECK(stores.accounts().remove(kAlice)); });
  storage.create_account(kAlice);
  CHECK(head().preferences == ArchivePreferences{});
}

TEST_CASE("archive: ids tell the time") {
  CHECK(received_at(1'700'000'000'123'999) == at(1'700'000'000'123));
}

TEST_CASE("offline: a message in the archive is not stored twice") {
  Archives storage;
  storage.write([](Stores& stores) { stores.offline().append(kAlice, at(1), "<own/>"); });
  storage.add(kAlice, 2'000, kBob, "<archived/>");
  storage.write([](Stores& stores) { stores.offline().append_archived(kAlice, 2'000, 11); });
  const auto waiting = [&] {
    return storage.read([](Stores& stores) { return stores.offline().list(kAlice, 0, 10); });
  };
  REQUIRE(waiting().size() == 2);
  CHECK(waiting()[0].archived == kNoArchiveId);
  CHECK(waiting()[0].stanza == "<own/>");
  CHECK(waiting()[1].archived == 2'000);
  CHECK(waiting()[1].received_at == at(2));
  CHECK(waiting()[1].stanza == "<archived/>");
  CHECK(storage.read([](Stores& stores) { return stores.offline().usage(kAlice); }) ==
        OfflineUsage{.messages = 2, .bytes = 17});

  // The archive may let go of it first.
  storage.write([](Stores& stores) { stores.archive().remove_before(kAlice, kEndOfArchive, 1); });
  REQUIRE(waiting().size() == 2);
  CHECK(waiting()[1].archived == 2'000);
  CHECK(waiting()[1].stanza.empty());
}

}  // namespace
}  // namespace vestnik::storage
