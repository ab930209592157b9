#include "shard/pubsub/last_item_cache.h"

#include <doctest/doctest.h>

namespace vestnik::pubsub {
namespace {

using Names = std::vector<std::string>;

LastItem last(const std::string& node, const std::string& id, std::size_t bytes = 1) {
  LastItem last;
  last.node.name = node;
  last.item.id = id;
  last.item.payload.assign(bytes, 'x');
  return last;
}

LastItems found(std::vector<LastItem> items) { return {.items = std::move(items), .has_nodes = true}; }

TEST_CASE("last items: what was asked for is known, also that there is none") {
  LastItemCache cache;
  const Names asked{"avatar", "nick"};
  CHECK_FALSE(cache.knows(asked));
  CHECK(cache.put(cache.generation(), asked, found({last("nick", "a")})));
  CHECK(cache.knows(asked));
  CHECK_FALSE(cache.knows(Names{"avatar", "mood"}));
  CHECK(cache.find("avatar") == nullptr);
  REQUIRE(cache.find("nick") != nullptr);
  CHECK(cache.find("nick")->item.id == "a");
}

TEST_CASE("last items: what was read while a node changed is not kept") {
  LastItemCache cache;
  const auto before = cache.generation();
  cache.forget("nick");
  CHECK_FALSE(cache.put(before, Names{"nick"}, found({last("nick", "old")})));
  CHECK(cache.find("nick") == nullptr);
  CHECK(cache.put(cache.generation(), Names{"nick"}, found({last("nick", "new")})));
  cache.forget("avatar");
  CHECK(cache.knows(Names{"nick"}));
  cache.forget("nick");
  CHECK_FALSE(cache.knows(Names{"nick"}));
}

TEST_CASE("last items: what was read before the account was unloaded is not kept") {
  LastItemCache::Generation before;
  {
    const LastItemCache unloaded;
    before = unloaded.generation();
  }
  LastItemCache cache;
  CHECK_FALSE(cache.put(before, Names{"nick"}, found({last("nick", "old")})));
  CHECK(cache.find("nick") == nullptr);
}

TEST_CASE("last items: an account without nodes has none, until it makes one") {
  LastItemCache cache;
  CHECK(cache.put(cache.generation(), Names{"nick"}, {.items = {}, .has_nodes = false}));
  CHECK(cache.knows(Names{"avatar", "mood"}));
  cache.forget("mood");
  CHECK_FALSE(cache.knows(Names{"avatar"}));
}

TEST_CASE("last items: the cache is bounded, what was asked for last is there") {
  LastItemCache cache;
  CHECK(cache.put(cache.generation(), Names{"large"}, found({last("large", "a", 100'000)})));
  CHECK(cache.find("large") != nullptr);
  CHECK(cache.put(cache.generation(), Names{"nick"}, found({last("nick", "b")})));
  CHECK(cache.find("large") == nullptr);
  CHECK_FALSE(cache.knows(Names{"large"}));
  CHECK(cache.find("nick") != nullptr);
  for (int number = 0; number < 1'000; ++number)
    CHECK(cache.put(cache.generation(), Names{"node" + std::to_string(number)}, found({})));
  CHECK_FALSE(cache.knows(Names{"node0"}));
  CHECK(cache.knows(Names{"node999"}));
}

}  // namespace
}  // namespace vestnik::pubsub
