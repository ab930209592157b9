#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "proto/base/siphash.h"
#include "proto/s2s/srv_order.h"

namespace vestnik::s2s {
namespace {

// The same numbers in every run.
class Seeded final : public RandomSource {
 public:
  void fill(std::span<std::byte> out) override {
    for (std::byte& byte : out) byte = static_cast<std::byte>(siphash24({1, 2}, std::to_string(++count_)));
  }

 private:
  int count_ = 0;
};

SrvRecord record(std::uint16_t priority, std::uint16_t weight, std::string target, bool direct = false) {
  return {.priority = priority,
          .weight = weight,
          .port = 5269,
          .target = std::move(target),
          .direct_tls = direct};
}

std::string data(std::string_view name) { return std::string("\0\1\0\2\x14\x95", 6) + std::string(name); }

}  // namespace

TEST_CASE("SRV data is read strictly") {
  const auto read = parse_srv(data(std::string_view("\4XMPP\7example\0", 14)), true);
  REQUIRE(read);
  CHECK(read->priority == 1);
  CHECK(read->weight == 2);
  CHECK(read->port == 5269);
  CHECK(read->target == "xmpp.example");
  CHECK(read->direct_tls);
  CHECK(parse_srv(data(std::string_view("\0", 1)), false)->target.empty());
  for (const auto name : {std::string_view(), std::string_view("\4xmpp"), std::string_view("\4xm\0", 4),
                          std::string_view("\xc0\x0c"), std::string_view("\1a\0x", 4)}) {
    CHECK_FALSE(parse_srv(data(name), false));
  }
  CHECK_FALSE(parse_srv("\1\2\3", false));
}

TEST_CASE("SRV order: priority first, both services merged, absent services left out") {
  Seeded random;
  const auto ordered =
      order_srv({record(20, 0, "c"), record(5, 0, "a", true), record(10, 0, "b"), record(1, 0, "")}, random);
  REQUIRE(ordered.size() == 3);
  CHECK(ordered[0].target == "a");
  CHECK(ordered[0].direct_tls);
  CHECK(ordered[1].target == "b");
  CHECK(ordered[2].target == "c");
  CHECK(order_srv({}, random).empty());
}

TEST_CASE("SRV order: within a priority in proportion to weight, and weight 0 has a small chance") {
  Seeded random;
  std::map<std::string, int> first;
  for (int i = 0; i < 4'000; ++i) {
    const auto ordered =
        order_srv({record(1, 30, "heavy"), record(1, 10, "light"), record(1, 0, "last")}, random);
    REQUIRE(ordered.size() == 3);
    ++first[ordered.front().target];
  }
  CHECK(first["heavy"] > 2'500);
  CHECK(first["heavy"] < 3'300);
  CHECK(first["light"] > 700);
  CHECK(first["last"] > 0);
  CHECK(first["last"] < 300);
}

}  // namespace vestnik::s2s
