#include "proto/sasl/sasl1.h"

#include <doctest/doctest.h>

namespace vestnik::sasl {
namespace {

TEST_CASE("sasl1: the feature lists what is offered, and is absent when nothing is") {
  const auto feature = [](const Offer& offer) {
    std::string out;
    xml::Writer writer(out);
    write_mechanisms(writer, offer);
    return out;
  };
  CHECK(feature(Offer({.encrypted = true, .scram = true, .plain = true})) ==
        "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-256</mechanism>"
        "<mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism></mechanisms>");
  CHECK(feature({}).empty());
}

TEST_CASE("sasl1: an absent initial response is not an empty one") {
  CHECK_FALSE(decode_initial_response("")->has_value());
  REQUIRE(decode_initial_response("=")->has_value());
  CHECK((*decode_initial_response("="))->empty());
  CHECK((*decode_initial_response("AGEAYg=="))->reveal() == std::string_view("\0a\0b", 4));
  CHECK(decode_response("")->empty());
  CHECK(decode_response("=")->empty());
  CHECK(decode_response("Yg==")->reveal() == "b");
}

TEST_CASE("sasl1: anything but strict base64 is incorrect-encoding") {
  for (const std::string_view text :
       {"==", "Yg", "Yg=", "Yh==", "Y g==", "\nYg==", "Yg==\n", "-_==", "Yg==Yg=="}) {
    CAPTURE(text);
    const auto initial = decode_initial_response(text);
    REQUIRE_FALSE(initial);
    CHECK(initial.error().condition == FailureCondition::incorrect_encoding);
    CHECK_FALSE(decode_response(text));
  }
}

TEST_CASE("sasl1: elements") {
  CHECK(challenge_xml("r=1") == "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>cj0x</challenge>");
  CHECK(challenge_xml("") == "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
  CHECK(success_xml("v=1") == "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>dj0x</success>");
  CHECK(success_xml("") == "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
  CHECK(failure_xml({FailureCondition::aborted, ""}) ==
        "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><aborted/></failure>");
  CHECK(failure_xml({FailureCondition::temporary_auth_failure, "a<b"}) ==
        "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><temporary-auth-failure/>"
        "<text xml:lang='en'>a&lt;b</text></failure>");
}

}  // namespace
}  // namespace vestnik::sasl
