#include "proto/web/stream_framing.h"

#include <doctest/doctest.h>

#include "proto/xml/ns.h"

namespace vestnik::web {
namespace {

std::string message_of(std::string_view element) {
  std::string out;
  append_element(out, element);
  return out.substr(2);  // a short head
}

StreamHeader header_of(std::string_view open) {
  xml::Framer framer(XmlLimits{}, false);
  REQUIRE(framer.next(open) == xml::Framer::Event::element);
  return read_open(framer.frame());
}

}  // namespace

TEST_CASE("elements declare what a stream's header would have declared for them (RFC 7395 §3.3.3)") {
  CHECK(message_of("<message to='a@b'><body>x</body></message>") ==
        "<message xmlns='jabber:client' to='a@b'><body>x</body></message>");
  CHECK(message_of("<presence/>") == "<presence xmlns='jabber:client'/>");
  CHECK(message_of("<iq>1</iq>") == "<iq xmlns='jabber:client'>1</iq>");
  CHECK(message_of("<stream:features/>") ==
        "<stream:features xmlns:stream='http://etherx.jabber.org/streams'/>");
  CHECK(message_of("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>") ==
        "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
  CHECK(message_of(kClose) == kClose);
}

TEST_CASE("a message's length counts what was added") {
  std::string out;
  append_element(out, "<presence/>");
  CHECK(static_cast<unsigned char>(out[0]) == 0x81);
  CHECK(static_cast<std::size_t>(out[1]) == out.size() - 2);
}

TEST_CASE("<open/> is a stream's header") {
  const auto header = header_of(
      "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='EXAMPLE.org' from='a@example.org' "
      "version='1.0' xml:lang='de'/>");
  CHECK_FALSE(header.problem);
  CHECK(header.to == "example.org");
  CHECK(header.from->full() == "a@example.org");
  CHECK(header.lang == "de");
  CHECK(header.version_1);
  CHECK(header_of("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='not a name'/>").problem);
}

TEST_CASE("our own <open/>") {
  CHECK(write_open({.content_ns = ns::kClient, .from = "example.org", .to = "a@b'", .id = "1"}) ==
        "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' id='1' from='example.org' to='a@b&apos;' "
        "xml:lang='en' version='1.0'/>");
}

}  // namespace vestnik::web
