#include "bench/load/sequence.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace vestnik::bench {
namespace {

TEST_CASE("lost, duplicated and reordered messages are told apart") {
  struct Case {
    std::string what;
    std::vector<std::uint64_t> arrivals;
    std::uint64_t sent;
    OrderErrors expected;
  };
  const std::vector<Case> cases = {
      {"all in order", {0, 1, 2, 3}, 4, {}},
      {"nothing sent", {}, 0, {}},
      {"the last is lost", {0, 1}, 3, {.lost = 1}},
      {"one in the middle is lost", {0, 2, 3}, 4, {.lost = 1}},
      {"all are lost", {}, 5, {.lost = 5}},
      {"two changed places", {0, 2, 1, 3}, 4, {.reordered = 1}},
      {"one came three times", {0, 1, 1, 1, 2}, 3, {.duplicated = 2}},
      {"a late one came twice", {0, 2, 1, 1}, 3, {.duplicated = 1, .reordered = 1}},
      {"the first came last", {1, 2, 3, 0}, 4, {.reordered = 1}},
  };
  for (const Case& test : cases) {
    INFO(test.what);
    SequenceChecker checker;
    for (const auto number : test.arrivals) checker.arrived(number);
    const OrderErrors errors = checker.finish(test.sent);
    CHECK(errors.lost == test.expected.lost);
    CHECK(errors.duplicated == test.expected.duplicated);
    CHECK(errors.reordered == test.expected.reordered);
    CHECK(errors.any() == test.expected.any());
  }
}

}  // namespace
}  // namespace vestnik::bench
