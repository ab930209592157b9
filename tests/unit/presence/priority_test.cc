#include "proto/xep/priority.h"

#include <doctest/doctest.h>

namespace vestnik {
namespace {

TEST_CASE("priority: an xs:byte") {
  CHECK(parse_priority("0") == 0);
  CHECK(parse_priority("127") == 127);
  CHECK(parse_priority("-128") == -128);
  CHECK(parse_priority("+5") == 5);
  CHECK(parse_priority("-0") == 0);
  CHECK(parse_priority("007") == 7);
  CHECK(parse_priority("\n\t 1 ") == 1);
}

TEST_CASE("priority: anything else is refused") {
  for (const std::string_view text : {"", " ", "128", "-129", "1.0", "1 2", "high", "+", "-", "+-1", "--1",
                                      "0x1", "1e1", "99999999999999999999"}) {
    CAPTURE(text);
    CHECK(parse_priority(text) == std::nullopt);
  }
}

}  // namespace
}  // namespace vestnik
