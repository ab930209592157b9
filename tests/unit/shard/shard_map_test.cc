#include "shard/shard_map.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "shard/c2s/login_guard.h"

namespace vestnik {

TEST_CASE("every name has one owner, which the key decides, and all shards get their share") {
  const SipKey key{1, 2};
  const ShardMap map(key, 3);
  const ShardMap same(key, 3);
  const ShardMap other(SipKey{3, 4}, 3);
  std::array<int, 3> owned{};
  int moved = 0;
  for (int i = 0; i < 3'000; ++i) {
    const std::string name = "user" + std::to_string(i) + "@example.org";
    const Owner owner = map.owner(name);
    REQUIRE(owner.node == 0);
    REQUIRE(owner.shard < 3);
    REQUIRE(same.owner(name) == owner);
    moved += other.owner(name) == owner ? 0 : 1;
    ++owned[owner.shard];
  }
  for (const int count : owned) CHECK(count > 850);
  CHECK(moved > 1'500);
  CHECK(ShardMap(key, 1).owner("anybody@example.org") == Owner{});
}

TEST_CASE("failed logins count per account, for a minute, until one succeeds") {
  using std::chrono::seconds;
  LoginGuard guard;
  const LoginGuard::Clock::time_point start(std::chrono::hours{1});
  CHECK_FALSE(guard.exceeded("a@example.org", 1, start));
  for (int i = 0; i < 3; ++i) guard.add_failure("a@example.org", start + seconds{i});
  CHECK(guard.exceeded("a@example.org", 3, start + seconds{59}));
  CHECK_FALSE(guard.exceeded("a@example.org", 4, start + seconds{59}));
  CHECK_FALSE(guard.exceeded("b@example.org", 1, start));
  CHECK_FALSE(guard.exceeded("a@example.org", 1, start + seconds{60}));
  guard.add_failure("a@example.org", start + seconds{60});
  CHECK(guard.exceeded("a@example.org", 1, start + seconds{61}));
  CHECK_FALSE(guard.exceeded("a@example.org", 2, start + seconds{61}));
  guard.succeeded("a@example.org");
  CHECK_FALSE(guard.exceeded("a@example.org", 1, start + seconds{61}));
}

TEST_CASE("the table of failed logins does not grow without end") {
  LoginGuard guard;
  const LoginGuard::Clock::time_point now(std::chrono::hours{1});
  guard.add_failure("first@example.org", now);
  for (int i = 0; i < 100'000; ++i) guard.add_failure(std::to_string(i), now);
  CHECK_FALSE(guard.exceeded("first@example.org", 1, now));
  CHECK(guard.exceeded("99999", 1, now));
}

}  // namespace vestnik
