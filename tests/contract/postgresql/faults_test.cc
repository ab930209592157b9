// What happens when the database goes away and comes back (RULES 3, "Failing storage").
#include <libpq-fe.h>

#include <atomic>
#include <semaphore>
#include <set>
#include <thread>

#include "tests/contract/fixture.h"
#include "tests/contract/postgresql/cluster.h"
#include "tests/contract/state_changes.h"

namespace vestnik::storage {
namespace {

const std::string kAlice = "alice@example.org";
const Tuning kFrequentProbes{.probe_interval = std::chrono::milliseconds(10)};

auto put(std::string key, std::string value) {
  return [key = std::move(key), value = std::move(value)](Stores& stores) { stores.meta().put(key, value); };
}

auto get(std::string key) {
  return [key = std::move(key)](Stores& stores) { return stores.meta().get(key); };
}

TEST_CASE("faults: without the database everything fails in time, and recovers with it") {
  StateChanges changes;
  TestStorage storage(kFrequentProbes, changes.events());
  storage.write(put("key", "before"));
  cluster().stop();
  const auto failed = storage.try_write(put("key", "lost"));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == ErrorKind::io);
  CHECK(changes.next().state == State::degraded);
  CHECK_FALSE(storage->accepting());
  const auto unread = storage.try_read(kNoWrite, get("key"));
  REQUIRE_FALSE(unread);
  CHECK(unread.error().kind == ErrorKind::io);

  cluster().start();
  CHECK(changes.next().state == State::ok);
  CHECK(storage->accepting());
  CHECK(storage.read(get("key")) == "before");
  storage.write(put("key", "after"));
  CHECK(storage.read(get("key")) == "after");
}

TEST_CASE("faults: a read that fails has the storage looked after") {
  StateChanges changes;
  TestStorage storage(kFrequentProbes, changes.events());
  cluster().stop();
  CHECK_FALSE(storage.try_read(kNoWrite, get("key")));
  CHECK(changes.next().state == State::degraded);
  cluster().start();
  CHECK(changes.next().state == State::ok);
}

TEST_CASE("faults: a short restart is waited for, and nobody notices") {
  TestStorage storage;
  storage.write(put("key", "before"));
  for (const int signal : {SIGINT, SIGQUIT}) {
    cluster().stop(signal);
    std::promise<Result<void, Error>> promise;
    auto outcome = promise.get_future();
    storage->write(storage.tag, put("key", std::to_string(signal)),
                   [&](Result<void, Error> got) { promise.set_value(std::move(got)); });
    cluster().start();
    CHECK(outcome.get().has_value());
    CHECK(storage.read(get("key")) == std::to_string(signal));
  }
  CHECK(storage->status().state == State::ok);
}

TEST_CASE("faults: a session that an administrator ends is made anew") {
  TestStorage storage;
  storage.write(put("key", "before"));
  const std::unique_ptr<PGconn, decltype(&PQfinish)> admin(PQconnectdb(cluster().url().c_str()), PQfinish);
  PQclear(PQexec(
      admin.get(),
      "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'vestnik'"));
  CHECK(storage.read(get("key")) == "before");
  storage.write(put("key", "after"));
  CHECK(storage.read(get("key")) == "after");
}

/// Appends messages without a pause, up to 200 at a time.
class Sender {
 public:
  explicit Sender(TestStorage& storage) : storage_(storage), thread_([this] { run(); }) {}
  ~Sender() { stop(); }

  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    for (int i = 0; i < kAtATime; ++i) free_.acquire();
    free_.release(kAtATime);
  }
  /// Returns when so many more are acknowledged.
  void wait_for(std::size_t more) {
    const std::size_t goal = acknowledged_ + more;
    for (std::size_t now = acknowledged_; now < goal; now = acknowledged_) acknowledged_.wait(now);
  }

  // Both may be read after stop().
  std::set<std::string> kept;     ///< texts that were acknowledged
  std::set<std::string> refused;  ///< those that were not; they may have been committed all the same

 private:
  static constexpr int kAtATime = 200;

  void run() {
    for (int number = 1; !stopping_; ++number) {
      free_.acquire();
      std::string text = std::to_string(number);
      storage_->write(
          storage_.tag, [text](Stores& stores) { return stores.offline().append(kAlice, at(1), text); },
          [this, text](const Result<OfflineId, Error>& outcome) {
            if (outcome) {
              kept.insert(text);
              ++acknowledged_;
              acknowledged_.notify_all();
            } else {
              refused.insert(text);
            }
            free_.release();
          });
    }
  }

  TestStorage& storage_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> acknowledged_ = 0;
  std::counting_semaphore<> free_{kAtATime};
  std::jthread thread_;
};

TEST_CASE("faults: what was acknowledged is there, once, however often the database dies under load") {
  TestStorage storage(kFrequentProbes);
  storage.create_account(kAlice);
  Sender sender(storage);
  for (int round = 0; round < 6; ++round) {
    sender.wait_for(300 + 50 * static_cast<std::size_t>(round));
    cluster().stop(round % 3 == 0 ? SIGINT : SIGQUIT);
    cluster().start();
  }
  sender.wait_for(100);
  sender.stop();
  std::set<std::string> found;
  storage.read([&](Stores& stores) {
    for (auto& message : stores.offline().list(kAlice, 0, 10'000'000)) {
      CHECK_MESSAGE(found.insert(message.stanza).second, message.stanza);  // once
      CHECK((sender.kept.contains(message.stanza) || sender.refused.contains(message.stanza)));
    }
    CHECK(stores.offline().usage(kAlice).messages == found.size());
  });
  for (const auto& text : sender.kept) CHECK_MESSAGE(found.contains(text), text);
}

}  // namespace
}  // namespace vestnik::storage
