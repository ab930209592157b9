#include <doctest/doctest.h>

#include "proto/xep/sm.h"

using namespace vestnik;

TEST_SUITE("stream management") {
  TEST_CASE("counts are unsigned 32-bit numbers") {
    CHECK(sm::parse_count("0") == 0);
    CHECK(sm::parse_count("4294967295") == 4'294'967'295U);
    for (const auto* bad : {"", "-1", "+1", "4294967296", "1 ", " 1", "0x1", "1.0", "99999999999999999999"}) {
      CHECK_MESSAGE(!sm::parse_count(bad), bad);
    }
  }

  TEST_CASE("a stream that cannot be resumed has neither id nor time nor place") {
    CHECK(sm::enabled({.id = "", .max_seconds = 0, .location = "x:1"}) == "<enabled xmlns='urn:xmpp:sm:3'/>");
    CHECK(sm::enabled({.id = "i", .max_seconds = 9, .location = "x:1"}) ==
          "<enabled xmlns='urn:xmpp:sm:3' id='i' resume='true' max='9' location='x:1'/>");
  }

  TEST_CASE("failures tell the count where it is known") {
    CHECK(sm::failed(StanzaCondition::item_not_found, "", 5) ==
          "<failed xmlns='urn:xmpp:sm:3' h='5'><item-not-found "
          "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>");
  }
}
