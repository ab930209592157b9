#include "proto/stanza/stanza.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "proto/stanza/reply.h"
#include "proto/xml/document.h"

namespace vestnik {
namespace {

const JidView kRomeo = JidView::of_canonical("romeo@montague.example/orchard");

Result<Stanza, StanzaReject> parse(std::string_view xml, JidView from = {}, std::string_view lang = {}) {
  return Stanza::from_xml(xml, from, lang);
}

struct Row {
  std::string_view name;
  std::string_view in;
  std::string_view out;
};

TEST_CASE("the start tag is ours, the content stays as it was") {
  const std::vector<Row> rows{
      {"from is stamped",
       "<message to='juliet@capulet.example' from='evil@x.example'><body>hi</body></message>",
       "<message from='romeo@montague.example/orchard' "
       "to='juliet@capulet.example'><body>hi</body></message>"},
      {"addresses become canonical", "<message to='JULIET@Capulet.Example.'/>",
       "<message from='romeo@montague.example/orchard' to='juliet@capulet.example'/>"},
      {"lang is kept", "<message xml:lang='de'><body/></message>",
       "<message from='romeo@montague.example/orchard' xml:lang='de'><body/></message>"},
      {"foreign attributes and declarations are kept",
       "<message xmlns:p='urn:p' p:a=\"it's\"><p:x/></message>",
       "<message from='romeo@montague.example/orchard' xmlns:p='urn:p' p:a='it&apos;s'><p:x/></message>"},
      {"an explicit normal stays", "<message type='normal'/>",
       "<message from='romeo@montague.example/orchard' type='normal'/>"},
      {"an unknown message type counts as normal", "<message type='odd'/>",
       "<message from='romeo@montague.example/orchard' type='odd'/>"},
      {"references in ids", "<iq type='get' id='a&amp;&apos;b'><q xmlns='urn:q'/></iq>",
       "<iq from='romeo@montague.example/orchard' id='a&amp;&apos;b' type='get'><q xmlns='urn:q'/></iq>"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const auto stanza = parse(row.in, kRomeo);
    REQUIRE(stanza.has_value());
    CHECK(stanza->wire() == row.out);
  }
}

TEST_CASE("the head is parsed, with references replaced") {
  const auto stanza = parse(
      "<iq type='set' id='a&lt;b' to='juliet@capulet.example/it&apos;s'><q xmlns='urn:q'/></iq>", kRomeo);
  REQUIRE(stanza.has_value());
  CHECK(stanza->kind() == StanzaKind::iq);
  CHECK(stanza->type() == StanzaType::set);
  CHECK(stanza->is_request());
  CHECK(stanza->id() == "a<b");
  CHECK(stanza->to().resource() == "it's");
  CHECK(stanza->to().bare() == "juliet@capulet.example");
  CHECK(stanza->from() == kRomeo);
  CHECK(stanza->payload() == "<q xmlns='urn:q'/>");
}

TEST_CASE("what cannot be routed is refused with its condition") {
  const std::vector<std::pair<std::string_view, StanzaCondition>> rows{
      {"<message to='@x'/>", StanzaCondition::jid_malformed},
      {"<message to=''/>", StanzaCondition::jid_malformed},
      {"<presence type='odd'/>", StanzaCondition::bad_request},
      {"<presence type=''/>", StanzaCondition::bad_request},
      {"<iq id='1'/>", StanzaCondition::bad_request},
      {"<iq id='1' type='odd'/>", StanzaCondition::bad_request},
      {"<other/>", StanzaCondition::bad_request},
  };
  for (const auto& [xml, condition] : rows) {
    CAPTURE(xml);
    const auto stanza = parse(xml, kRomeo);
    REQUIRE_FALSE(stanza.has_value());
    CHECK(stanza.error().condition == condition);
  }
}

TEST_CASE("the stream's language is stamped on stanzas without one") {
  CHECK(parse("<message/>", kRomeo, "fr")->lang() == "fr");
  CHECK(parse("<message xml:lang='de'/>", kRomeo, "fr")->lang() == "de");
}

TEST_CASE("marks say what the content is") {
  const auto stanza = parse(
      "<message><body>x</body><delay xmlns='urn:xmpp:delay' stamp='now'/><no-store "
      "xmlns='urn:xmpp:hints'/></message>");
  REQUIRE(stanza.has_value());
  CHECK(stanza->has(Mark::body));
  CHECK(stanza->has(Mark::delay));
  CHECK(stanza->has(Mark::no_store));
  CHECK_FALSE(stanza->has(Mark::other));
  CHECK_FALSE(stanza->has(Mark::chat_state));
  CHECK(parse("<message><body xmlns='urn:other'/></message>")->has(Mark::other));
}

TEST_CASE("a stored stanza is the stanza that was stored") {
  const auto first = parse(
      "<message to='j@c.example' id='1' type='chat' xml:lang='en'><body>a &amp; b</body></message>", kRomeo);
  REQUIRE(first.has_value());
  const auto second = Stanza::from_stored(first->wire());
  REQUIRE(second.has_value());
  CHECK(second->wire() == first->wire());
  CHECK(second->has(Mark::body));
  CHECK_FALSE(Stanza::from_stored("<message").has_value());
}

TEST_CASE(
    "what a peer was allowed to send can be read again, with our stamps and under any configured limit") {
  std::string xml = "<message to='j@c.example'";
  for (int i = 0; i < 1'023; ++i) xml += " a" + std::to_string(i) + "='x'";
  xml += '>';
  for (int i = 0; i < 199; ++i) xml += "<d>";
  for (int i = 0; i < 199; ++i) xml += "</d>";
  xml += "</message>";
  xml::Framer framer({.attributes = 1'024, .depth = 200}, false);
  std::string_view input = xml;
  REQUIRE(framer.next(input) == xml::Framer::Event::element);
  const auto sent = Stanza::from_frame(framer.frame(), kRomeo, "fr");
  REQUIRE(sent.has_value());
  const auto stored = Stanza::from_stored(sent->wire());
  REQUIRE(stored.has_value());
  CHECK(stored->wire() == sent->wire());
}

TEST_CASE("copies under another head keep content and marks") {
  const auto stanza = parse("<presence id='p'><show>away</show></presence>", kRomeo);
  REQUIRE(stanza.has_value());
  const Stanza sent = stanza->readdressed(kRomeo, JidView::of_canonical("juliet@capulet.example"));
  CHECK(sent.wire() ==
        "<presence from='romeo@montague.example/orchard' to='juliet@capulet.example' "
        "id='p'><show>away</show></presence>");
  CHECK(sent.with_appended("<x xmlns='urn:x'/>").payload() == "<show>away</show><x xmlns='urn:x'/>");
  CHECK(stanza->clone().wire() == stanza->wire());
}

TEST_CASE("errors swap the addresses and keep the id") {
  const auto stanza = parse("<message to='j@c.example' id='7'><body>x</body></message>", kRomeo);
  const Stanza error = make_error(*stanza, StanzaCondition::service_unavailable, "nobody & nothing");
  CHECK(error.type() == StanzaType::error);
  CHECK(error.to() == kRomeo);
  CHECK(error.from().full() == "j@c.example");
  CHECK(error.id() == "7");
  xml::Document document;
  const xml::Element element = document.parse(error.wire()).child("error");
  CHECK(element.attr_or_empty("type") == "cancel");
  CHECK(element.child("service-unavailable", "urn:ietf:params:xml:ns:xmpp-stanzas"));
  CHECK(element.child("text", "urn:ietf:params:xml:ns:xmpp-stanzas").text() == "nobody & nothing");
}

TEST_CASE("what must never be answered with an error") {
  for (const std::string_view xml :
       {"<message type='error'/>", "<iq type='result' id='1'/>", "<iq type='error' id='1'/>",
        "<presence type='unavailable'/>", "<presence type='subscribed'/>", "<presence type='unsubscribe'/>",
        "<presence type='unsubscribed'/>"}) {
    CAPTURE(xml);
    CHECK_FALSE(may_answer_with_error(*parse(xml)));
  }
  for (const std::string_view xml :
       {"<message/>", "<iq type='get' id='1'/>", "<presence type='subscribe'/>"}) {
    CAPTURE(xml);
    CHECK(may_answer_with_error(*parse(xml)));
  }
}

}  // namespace
}  // namespace vestnik
