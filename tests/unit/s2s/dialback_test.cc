#include <doctest/doctest.h>

#include "proto/s2s/dialback.h"

namespace vestnik::s2s {
namespace {

std::optional<Dialback> read(std::string_view element) {
  xml::Framer framer(XmlLimits{});
  std::string text =
      "<stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' "
      "xmlns:stream='http://etherx.jabber.org/streams'>";
  text += element;
  std::string_view input = text;
  REQUIRE(framer.next(input) == xml::Framer::Event::stream_open);
  REQUIRE(framer.next(input) == xml::Framer::Event::element);
  return read_dialback(framer.frame());
}

}  // namespace

TEST_CASE("dialback elements are read") {
  const auto result = read("<db:result from='A.example' to='b.example'>\n  0af1\n</db:result>");
  REQUIRE(result);
  CHECK(result->kind == DialbackKind::result);
  CHECK(result->type == DialbackType::request);
  CHECK(result->from == "a.example");
  CHECK(result->key == "0af1");
  const auto verify = read("<db:verify from='a.example' to='b.example' id='&lt;1' type='invalid'/>");
  REQUIRE(verify);
  CHECK(verify->kind == DialbackKind::verify);
  CHECK(verify->type == DialbackType::invalid);
  CHECK(verify->id == "<1");
}

TEST_CASE("dialback elements that lack something are none") {
  for (const char* element :
       {"<db:result to='b.example'>1</db:result>", "<db:result from='a.example'>1</db:result>",
        "<db:verify from='a.example' to='b.example'>1</db:verify>",
        "<result from='a.example' to='b.example'/>", "<db:other from='a.example' to='b.example'/>",
        "<db:result from='a b' to='b.example'/>",
        "<db:result from='a.example' to='b.example' type='maybe'/>"}) {
    CAPTURE(element);
    CHECK_FALSE(read(element));
  }
}

TEST_CASE("dialback elements are written") {
  CHECK(write_dialback({.from = "a.example", .to = "b.example", .key = "0af1"}) ==
        "<db:result from='a.example' to='b.example'>0af1</db:result>");
  CHECK(write_dialback({.kind = DialbackKind::verify,
                        .type = DialbackType::valid,
                        .from = "a.example",
                        .to = "b.example",
                        .id = "i"}) == "<db:verify from='a.example' to='b.example' id='i' type='valid'/>");
  CHECK(write_dialback_error({.from = "a.example", .to = "b.example"}, StanzaCondition::item_not_found, "") ==
        "<db:result from='a.example' to='b.example' type='error'><error type='cancel'><item-not-found "
        "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>");
}

}  // namespace vestnik::s2s
