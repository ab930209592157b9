#include "shard/session/account_table.h"

#include <doctest/doctest.h>

#include "tests/unit/shard/fixture.h"

namespace vestnik {
namespace {

/// What a waiter was told.
struct Told {
  int number;
  bool found;
  bool failed;
  friend bool operator==(const Told&, const Told&) = default;
};

/// Keeps the storage from answering reads until it is opened.
class ReadGate {
 public:
  explicit ReadGate(storage::Storage& storage) {
    const Signal entered;
    storage.read(
        storage::kNoWrite,
        [entered, opened = opened_](storage::Stores&) {
          entered.set();
          opened.wait();
        },
        [](const Result<void, storage::Error>&) {});
    entered.wait();
  }
  void open() const { opened_.set(); }

 private:
  Signal opened_;
};

void one_reader(Config& config) { config.storage.readers = 1; }

}  // namespace

TEST_CASE("who asks for a name while it is loaded is answered in order, and later at once") {
  TestShards shards(1, one_reader);
  const Jid alice = shards.add_account("alice");
  const Jid nobody = Jid::parse("nobody@example.org").value();
  for (const Jid& name : {alice, nobody}) {
    const bool exists = name == alice;
    std::vector<Told> told;
    const ReadGate gate(shards.storage());
    const Signal done;
    shards.at(name, [&](Shard& shard) {
      for (int i = 0; i < 3; ++i) {
        shard.accounts().with(name, 100, [&told, done, i](Account* account, bool failed) {
          told.push_back({i, account != nullptr, failed});
          if (i == 2) done.set();
        });
      }
      CHECK(told.empty());
      CHECK(shard.accounts().parked_bytes() == 300);
      CHECK(shard.accounts().loaded(name.full()) == nullptr);
    });
    gate.open();
    done.wait();
    shards.at(name, [&](Shard& shard) {
      CHECK(told == std::vector<Told>{{0, exists, false}, {1, exists, false}, {2, exists, false}});
      CHECK(shard.accounts().parked_bytes() == 0);
      CHECK((shard.accounts().loaded(name.full()) != nullptr) == exists);
      shard.accounts().with(
          name, 100, [&](Account* account, bool failed) { told.push_back({3, account != nullptr, failed}); });
      CHECK(told.back() == Told{3, exists, false});
    });
  }
}

TEST_CASE("who waits too long for the store is told that it failed, once") {
  TestShards shards(1, [](Config& config) {
    one_reader(config);
    config.limits.parked_deadline = std::chrono::milliseconds{1};
  });
  const Jid alice = shards.add_account("alice");
  const ReadGate gate(shards.storage());
  std::vector<Told> told;
  const Signal done;
  shards.at(alice, [&](Shard& shard) {
    shard.accounts().with(alice, 100, [&told, done](Account* account, bool failed) {
      told.push_back({0, account != nullptr, failed});
      done.set();
    });
  });
  done.wait();
  shards.at(alice, [&](Shard& shard) { CHECK(shard.accounts().parked_bytes() == 0); });
  gate.open();
  ReadGate(shards.storage()).open();  // entered when the account has been read
  bool found = false;
  shards.with_account(alice, [&](Account&) { found = true; });
  CHECK(found);
  CHECK(told == std::vector<Told>{{0, false, true}});
}

TEST_CASE("a name that was created or removed is asked for anew") {
  TestShards shards(1);
  const Jid carol = Jid::parse("carol@example.org").value();
  bool found = false;
  const auto look = [&](Account&) { found = true; };
  shards.with_account(carol, look);
  CHECK_FALSE(found);
  shards.add_account("carol");
  shards.with_account(carol, look);
  CHECK_FALSE(found);  // the name is known to be missing
  shards.at(carol, [&](Shard& shard) { shard.account_changed(carol, false, [] {}); });
  shards.with_account(carol, look);
  CHECK(found);
}

TEST_CASE("an account that is not stored is there as long as it has a session") {
  TestShards shards(1);
  const Jid guest = Jid::parse("guest@example.org").value();
  shards.at(guest, [&](Shard& shard) { shard.accounts().add_transient(guest); });
  {
    const TestClient client(shards, guest.with_resource("r").value());
    shards.at(guest, [&](Shard& shard) { CHECK(shard.accounts().loaded(guest.full()) != nullptr); });
  }
  shards.at(guest, [&](Shard& shard) { CHECK(shard.accounts().loaded(guest.full()) == nullptr); });
}

}  // namespace vestnik
