// What happens when the disk fails (RULES 3, "Failing storage"), and that "committed" means synced.
#include <sqlite3.h>

#include <atomic>
#include <vector>

#include "tests/contract/fixture.h"
#include "tests/contract/sqlite/faulty_disk.h"
#include "tests/contract/state_changes.h"

namespace vestnik::storage {
namespace {

const std::string kAlice = "alice@example.org";
const Tuning kFrequentProbes{.probe_interval = std::chrono::milliseconds(1)};

auto put(std::string key, std::string value) {
  return [key = std::move(key), value = std::move(value)](Stores& stores) { stores.meta().put(key, value); };
}

auto get(std::string key) {
  return [key = std::move(key)](Stores& stores) { return stores.meta().get(key); };
}

/// Writes `count` rows as one group; their outcomes in order.
std::vector<Result<void, Error>> write_group(TestStorage& storage, int count) {
  std::vector<Result<void, Error>> outcomes;
  Gate gate(storage);
  for (int i = 0; i < count; ++i) {
    storage->write(storage.tag, put("row" + std::to_string(i), "x"),
                   [&outcomes](Result<void, Error> outcome) { outcomes.push_back(std::move(outcome)); });
  }
  gate.open();
  static_cast<void>(storage.try_write([](Stores&) {}));  // settled after all of them
  return outcomes;
}

TEST_CASE("durability: a write is answered after its log was synced, a relaxed one needs no sync") {
  FaultyDisk disk;
  TestStorage storage;
  bool synced = false;
  SUBCASE("commit") { synced = true; }
  SUBCASE("relaxed") {
    storage.config.durability = Durability::relaxed;
    storage.reopen();
  }
  storage.write(put("first", "of this log"));
  for (int i = 0; i < 3; ++i) {
    const int before = storage.write([&](Stores& stores) {
      stores.meta().put("key", "value");
      return disk.syncs_of_logs.load();
    });
    CHECK((disk.syncs_of_logs > before) == synced);
  }
}

TEST_CASE("faults: on a full disk writes fail, reads work, and the storage recovers with the disk") {
  FaultyDisk disk;
  StateChanges changes;
  TestStorage storage(kFrequentProbes, changes.events());
  storage.write(put("key", "before"));

  disk.write_result = SQLITE_FULL;
  for (const auto& outcome : write_group(storage, 20)) {
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().kind == ErrorKind::no_space);
  }
  const Status degraded = changes.next();
  CHECK(degraded.state == State::degraded);
  REQUIRE(degraded.error);
  CHECK(degraded.error->kind == ErrorKind::no_space);
  CHECK(degraded.error->text.find(storage.tag.owner) != std::string::npos);
  CHECK_FALSE(storage->accepting());
  CHECK(storage.read(get("key")) == "before");

  disk.write_result = SQLITE_OK;
  CHECK(changes.next().state == State::ok);
  CHECK(storage->accepting());
  CHECK_FALSE(storage->status().error);
  storage.write(put("key", "after"));
  storage.reopen();
  CHECK(storage.read(get("key")) == "after");
  CHECK_FALSE(storage.read(get("row0")));
}

TEST_CASE("faults: a broken disk is not tried for every row") {
  FaultyDisk disk;
  StateChanges changes;
  TestStorage storage(kFrequentProbes, changes.events());
  disk.write_result = SQLITE_IOERR_WRITE;
  const auto outcomes = write_group(storage, 20);
  CHECK(changes.next().state == State::degraded);
  std::size_t not_tried = 0;
  for (const auto& outcome : outcomes) {
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().kind == ErrorKind::io);
    if (outcome.error().text.starts_with("not tried")) ++not_tried;
  }
  CHECK(outcomes.size() == 20);
  CHECK(not_tried >= 15);
  disk.write_result = SQLITE_OK;
  CHECK(changes.next().state == State::ok);
}

TEST_CASE("faults: a storage that stays degraded says so again and again") {
  FaultyDisk disk;
  StateChanges changes;
  Tuning tuning = kFrequentProbes;
  tuning.reminder_interval = tuning.probe_interval;
  TestStorage storage(tuning, changes.events());
  disk.write_result = SQLITE_FULL;
  static_cast<void>(write_group(storage, 1));
  for (int i = 0; i < 3; ++i) CHECK(changes.next().state == State::degraded);
  disk.write_result = SQLITE_OK;
  while (changes.next().state != State::ok) {
  }
  CHECK(storage->accepting());
}

TEST_CASE("faults: a group whose sync fails once is written again, and nobody notices") {
  FaultyDisk disk;
  StateChanges changes;
  TestStorage storage(kFrequentProbes, changes.events());
  storage.write(put("key", "value"));
  disk.failing_syncs = 1;
  for (const auto& outcome : write_group(storage, 5)) CHECK(outcome.has_value());
  CHECK(disk.failing_syncs == 0);
  CHECK(storage->status().state == State::ok);
  storage.reopen();
  CHECK(storage.read(get("row4")) == "x");
}

TEST_CASE("log: starts afresh while writes follow each other without a pause") {
  TestStorage storage({.checkpoint_bytes = 64 << 10, .log_limit_bytes = 256 << 10});
  std::promise<void> started_afresh;
  std::uint64_t last = 0;
  std::function<void()> write_next = [&] {
    storage->write(storage.tag, put("key", std::string(8'000, 'x')), [&](const auto&) {
      const std::uint64_t now = storage->status().log_bytes;
      if (now < last) {
        started_afresh.set_value();
      } else {
        last = now;
        write_next();
      }
    });
  };
  write_next();
  started_afresh.get_future().wait();
  CHECK(last > 0);  // how long it became by then is up to who got the cores
}

}  // namespace
}  // namespace vestnik::storage
