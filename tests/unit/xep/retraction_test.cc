#include "proto/xep/retraction.h"

#include <doctest/doctest.h>

namespace vestnik {
namespace {

Stanza message(const std::string& attributes, const std::string& content) {
  auto stanza = Stanza::from_stored("<message to='a@example.org/x' from='b@example.org/y' id='m'" +
                                    attributes + ">" + content + "</message>");
  REQUIRE(stanza.has_value());
  return std::move(*stanza);
}

bool concerns(const std::string& attributes, const std::string& content) {
  return retraction::concerns(message(attributes, content), "b@example.org", "m");
}

TEST_CASE("retraction: which message it takes back") {
  xml::Document document;
  const auto id = [&](std::string_view xml) {
    return std::string(retraction::retracted_id(document.parse(xml)));
  };
  CHECK(id("<message><retract xmlns='urn:xmpp:message-retract:1' id='m&amp;1'/></message>") == "m&1");
  CHECK(id("<message><retract xmlns='urn:xmpp:message-retract:1'/></message>").empty());
  CHECK(id("<message><retract xmlns='urn:x' id='m'/></message>").empty());
}

TEST_CASE("retraction: only its author may take a message back, and not a retraction") {
  CHECK(concerns(" type='chat'", "<body>x</body>"));
  CHECK(concerns("", "<body>x</body>"));
  CHECK_FALSE(concerns(" type='groupchat'", "<body>x</body>"));
  CHECK_FALSE(concerns("", "<body>x</body><retract xmlns='urn:xmpp:message-retract:1' id='n'/>"));
  CHECK_FALSE(retraction::concerns(message("", "<body>x</body>"), "a@example.org", "m"));
  CHECK_FALSE(retraction::concerns(message("", "<body>x</body>"), "b@example.org", "n"));
}

TEST_CASE("retraction: what is left says who, when and by what, and is not taken back again") {
  const auto when = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);
  const Stanza left =
      retraction::tombstone(message(" type='chat'", "<body>secret</body><x xmlns='urn:x'/>"), "r<1", when);
  CHECK(left.wire() ==
        "<message from='b@example.org/y' to='a@example.org/x' id='m' type='chat'>"
        "<retracted xmlns='urn:xmpp:message-retract:1' id='r&lt;1' stamp='2026-11-23T00:00:00.000Z'/>"
        "</message>");
  CHECK_FALSE(concerns("", std::string(left.payload())));
}

}  // namespace
}  // namespace vestnik
