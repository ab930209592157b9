// What Storage promises about order, groups, failures, bounds and closing.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <mutex>
#include <thread>

#include "tests/contract/fixture.h"

namespace vestnik::storage {
namespace {

const std::string kAlice = "alice@example.org";
constexpr std::chrono::seconds kPatient{60};

/// What happened, in order, noted from any thread.
class Journal {
 public:
  void note(std::string entry) {
    const std::lock_guard lock(mutex_);
    entries_.push_back(std::move(entry));
  }
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(entries_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> entries_;
};

std::string word(const auto& outcome) {
  return outcome ? "ok" : std::string(to_string(outcome.error().kind));
}

auto put(std::string key, std::string value) {
  return [key = std::move(key), value = std::move(value)](Stores& stores) { stores.meta().put(key, value); };
}

auto get(std::string key) {
  return [key = std::move(key)](Stores& stores) { return stores.meta().get(key); };
}

TEST_CASE("group: what gathers during a commit is one group, settled in order, then announced once") {
  Journal journal;
  TestStorage storage({}, {.group_end = [&] { journal.note("end"); }, .state = {}});
  Gate gate(storage);
  WriteSeq last = kNoWrite;
  for (int i = 1; i <= 3; ++i) {
    const WriteSeq seq = storage->write(
        storage.tag, put("key", std::to_string(i)),
        [&journal, i](const auto& outcome) { journal.note(fmt::format("{} {}", i, word(outcome))); });
    CHECK(seq > last);
    last = seq;
  }
  CHECK(storage->status().queued_writes == 4);
  gate.open();
  storage->close(kPatient);
  CHECK(journal.take() == std::vector<std::string>{"end", "1 ok", "2 ok", "3 ok", "end"});
  storage.reopen();
  CHECK(storage.read(get("key")) == "3");
}

TEST_CASE("group: a row that fails does not touch its neighbours, and what is repeated counts once") {
  Journal journal;
  const Tuning one_group{.max_group_time = kPatient};
  TestStorage storage(one_group, {.group_end = [&] { journal.note("end"); }, .state = {}});
  storage.create_account(kAlice);
  Gate gate(storage);
  journal.take();  // the end of the group that made the account has been told by now
  const auto note = [&](int i) {
    return [&journal, i](const auto& outcome) { journal.note(fmt::format("{} {}", i, word(outcome))); };
  };
  const auto message = [](std::string owner) {
    return [owner](Stores& stores) { stores.offline().append(owner, at(1), "<message/>"); };
  };
  int runs = 0;
  storage->write(
      storage.tag,
      [&](Stores& stores) {
        ++runs;
        stores.offline().append(kAlice, at(1), "<message/>");
      },
      note(1));
  storage->write(
      storage.tag,
      [](Stores& stores) {
        stores.meta().put("half", "done");
        stores.offline().append("nobody@example.org", at(1), "<message/>");
      },
      note(2));
  storage->write(storage.tag, message(kAlice), note(3));
  storage->write(storage.tag, [](Stores&) { throw std::runtime_error("a bug"); }, note(4));
  storage->write(storage.tag, message(kAlice), note(5));
  gate.open();
  storage->close(kPatient);
  CHECK(journal.take() ==
        std::vector<std::string>{"end", "1 ok", "2 constraint", "3 ok", "4 internal", "5 ok", "end"});
  CHECK(runs > 1);
  storage.reopen();
  CHECK(storage.read([](Stores& stores) { return stores.offline().usage(kAlice).messages; }) == 3);
  CHECK_FALSE(storage.read(get("half")));
}

TEST_CASE("group: results are handed over, those that only move too") {
  TestStorage storage;
  const auto written = storage.write([](Stores&) { return std::make_unique<int>(42); });
  CHECK(*written == 42);
  CHECK(*storage.read([](Stores&) { return std::make_unique<int>(43); }) == 43);
  const auto failed = storage.try_read(kNoWrite, [](Stores&) -> int { throw std::runtime_error("a bug"); });
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == ErrorKind::internal);
}

TEST_CASE("reads: see the write they name, and do not wait for others") {
  TestStorage storage;
  storage.write(put("key", "old"));
  Gate gate(storage);
  std::atomic<bool> settled = false;
  const WriteSeq seq = storage->write(storage.tag, put("key", "new"), [&](const auto&) { settled = true; });

  std::promise<std::optional<std::string>> promise;
  auto value = promise.get_future();
  storage->read(seq, get("key"), [&promise](auto outcome) { promise.set_value(outcome.value()); });
  CHECK(storage.read(get("key")) == "old");
  CHECK(storage->status().queued_reads == 1);
  gate.open();
  CHECK(value.get() == "new");
  storage->close(kPatient);
  CHECK(settled);
}

TEST_CASE("reads: one that waits for a write that fails goes on all the same") {
  TestStorage storage;
  Gate gate(storage);
  const WriteSeq seq =
      storage->write(storage.tag, [](Stores&) { throw std::runtime_error("a bug"); }, [](const auto&) {});
  std::promise<bool> promise;
  auto found = promise.get_future();
  storage->read(seq, get("key"),
                [&promise](auto outcome) { promise.set_value(outcome.value().has_value()); });
  gate.open();
  CHECK_FALSE(found.get());
}

TEST_CASE("reads: a job sees one state from beginning to end, whatever is committed meanwhile") {
  TestStorage storage;
  storage.write(put("key", "before"));
  const auto seen = storage.read([&](Stores& stores) {
    const auto first = stores.meta().get("key");
    storage.write(put("key", "after"));
    return std::pair(first, stores.meta().get("key"));
  });
  CHECK(seen.first == "before");
  CHECK(seen.second == "before");
  CHECK(storage.read(get("key")) == "after");
}

TEST_CASE("reads: as many run at a time as there are readers, beside a busy writer") {
  TestStorage storage;
  storage.config.readers = 3;
  storage.reopen();
  Gate gate(storage);
  std::latch all_here(3);
  std::latch done(3);
  for (int i = 0; i < 3; ++i) {
    storage->read(
        kNoWrite, [&](Stores&) { all_here.arrive_and_wait(); }, [&](const auto&) { done.count_down(); });
  }
  done.wait();
  gate.open();
}

TEST_CASE("bounds: a write too many is freed at once, and refused in its turn") {
  const auto held = std::make_shared<std::string>("what the refused write holds");
  Journal journal;
  TestStorage storage({.max_queued_writes = 3});
  SUBCASE("by number") {}
  SUBCASE("by bytes") {
    storage.config.queue_bytes = 2'000;
    storage.tag.bytes = 700;
    storage.reopen();
  }
  CHECK(storage->accepting());
  CHECK_FALSE(storage->congested());
  Gate gate(storage);
  for (int i = 1; i <= 2; ++i) {
    storage->write(storage.tag, put("key", std::to_string(i)), [&journal, i](const auto& outcome) {
      journal.note(fmt::format("{} {}", i, word(outcome)));
    });
  }
  CHECK_FALSE(storage->accepting());
  CHECK(storage->congested());
  storage->write(
      storage.tag, [held](Stores& stores) { stores.meta().put("key", *held); },
      [&journal](const auto& outcome) { journal.note("3 " + word(outcome)); });
  CHECK(held.use_count() == 1);
  CHECK(journal.take().empty());
  gate.open();
  storage->close(kPatient);
  CHECK(journal.take() == std::vector<std::string>{"1 ok", "2 ok", "3 overloaded"});
  storage.reopen();
  CHECK(storage.read(get("key")) == "2");
}

TEST_CASE("bounds: a write larger than all that may wait is taken when nothing waits") {
  TestStorage storage;
  storage.config.queue_bytes = 1'000;
  storage.tag.bytes = 5'000;
  storage.reopen();
  storage.write(put("key", "value"));
  CHECK(storage.read(get("key")) == "value");
}

TEST_CASE("bounds: a read too many is refused") {
  Journal journal;
  TestStorage storage({.max_queued_reads = 1});
  Gate gate(storage);
  const WriteSeq seq = storage->write(storage.tag, put("key", "value"), [](const auto&) {});
  storage->read(seq, get("key"), [&](const auto& outcome) { journal.note(word(outcome)); });
  const auto refused = storage.try_read(kNoWrite, get("key"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::overloaded);
  gate.open();
  storage->close(kPatient);
  CHECK(journal.take() == std::vector<std::string>{"ok"});
}

TEST_CASE("close: what is queued is written and read first") {
  Journal journal;
  TestStorage storage;
  Gate gate(storage);
  WriteSeq last = kNoWrite;
  for (int i = 0; i < 2'500; ++i) {
    last =
        storage->write(storage.tag, put(std::to_string(i), "x"), [](const auto& outcome) { CHECK(outcome); });
  }
  storage->read(last, get("2499"), [&](auto outcome) { journal.note(outcome.value().value_or("missing")); });
  gate.open();
  storage->close(kPatient);
  CHECK(journal.take() == std::vector<std::string>{"x"});
  CHECK(storage->status().queued_writes == 0);
  storage.reopen();
  CHECK(storage.read(get("2499")) == "x");
}

TEST_CASE("close: when its deadline has passed the rest is answered") {
  Journal journal;
  TestStorage storage;
  std::promise<void> entered;
  // Holds the writer until the storage refuses writes, which it does once it is closing. Those queued until
  // then are too late.
  storage->write(
      storage.tag,
      [&](Stores& stores) {
        stores.meta().put("first", "x");
        entered.set_value();
        const auto late = [&](const auto& outcome) { journal.note(word(outcome)); };
        while (storage->write(storage.tag, put("late", "x"), late) != kNoWrite) std::this_thread::yield();
      },
      [](const auto& outcome) { CHECK(outcome.has_value()); });
  entered.get_future().wait();
  storage->close(std::chrono::milliseconds(0));
  const auto answers = journal.take();
  CHECK_FALSE(answers.empty());
  CHECK(std::ranges::all_of(answers, [](const auto& answer) { return answer == "closed"; }));
  storage.reopen();
  CHECK(storage.read(get("first")) == "x");
  CHECK_FALSE(storage.read(get("late")));
}

TEST_CASE("close: afterwards everything is answered at once") {
  TestStorage storage;
  storage->close(kPatient);
  storage->close(kPatient);
  const auto write = storage.try_write(put("key", "value"));
  REQUIRE_FALSE(write);
  CHECK(write.error().kind == ErrorKind::closed);
  const auto read = storage.try_read(kNoWrite, get("key"));
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == ErrorKind::closed);
}

TEST_CASE("status: tells what the last commits were like") {
  TestStorage storage;
  CHECK(storage->status().state == State::ok);
  CHECK(storage->status().average_group == 0);
  storage.write(put("key", "value"));
  const Status status = storage->status();
  CHECK(status.average_group == 1);
  CHECK(status.last_commit.count() > 0);
  CHECK_FALSE(status.error);
}

}  // namespace
}  // namespace vestnik::storage
