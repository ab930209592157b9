// Acknowledged means committed: a server killed at any moment has everything it has answered for.
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <random>
#include <semaphore>
#include <span>

#include "tests/contract/fixture.h"

namespace vestnik::storage {
namespace {

const std::string kAlice = "alice@example.org";

/// The life of the process to be killed: appends messages in bursts and reports each one that is committed.
[[noreturn]] void append_and_report(const StorageConfig& config, int reports, std::uint32_t seed) {
  // Small logs, so that many kills meet a checkpoint.
  const auto storage = open_storage(config, {}, {.checkpoint_bytes = 32 << 10, .log_limit_bytes = 128 << 10});
  std::minstd_rand random(seed);
  std::counting_semaphore<> may_queue(500);
  while (true) {
    for (auto burst = random() % 300; burst > 0; --burst) {
      may_queue.acquire();
      const auto stanza = std::string(random() % 2'000, 'x');
      storage->write(
          {.owner = kAlice, .bytes = stanza.size()},
          [stanza](Stores& stores) { return stores.offline().append(kAlice, at(1), stanza); },
          [&](Result<OfflineId, Error> id) {
            if (!id || ::write(reports, &*id, sizeof(*id)) != sizeof(*id)) ::_exit(1);
            may_queue.release();
          });
    }
  }
}

/// Reads reports until `enough` have come, kills, and reads the rest. The greatest id that was reported.
OfflineId kill_after(int reports, std::size_t enough, pid_t child) {
  OfflineId last = 0;
  std::size_t count = 0;
  for (OfflineId id = 0; ::read(reports, &id, sizeof(id)) == sizeof(id);) {
    CHECK(id > last);
    last = id;
    if (++count == enough) ::kill(child, SIGKILL);
  }
  return last;
}

TEST_CASE("kill -9: what was reported as committed is there") {
  constexpr std::uint32_t kSeed = 20'240'117;
  TestStorage storage;
  storage.create_account(kAlice);
  std::minstd_rand random(kSeed);
  for (int round = 0; round < 10; ++round) {
    CAPTURE(round);
    storage.close();
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    const auto seed = static_cast<std::uint32_t>(random());
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) append_and_report(storage.config, pipe[1], seed);
    ::close(pipe[1]);
    const OfflineId last = kill_after(pipe[0], 1 + random() % 1'500, child);
    ::close(pipe[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status));

    storage.open();
    storage.read([&](Stores& stores) {
      const auto messages = stores.offline().list(kAlice, 0, 1'000'000);
      const auto usage = stores.offline().usage(kAlice);
      REQUIRE_FALSE(messages.empty());
      CHECK(messages.back().id >= last);
      CHECK(messages.back().id == static_cast<OfflineId>(messages.size()));  // none is missing in between
      CHECK(usage.messages == messages.size());
    });
  }
}

}  // namespace
}  // namespace vestnik::storage
