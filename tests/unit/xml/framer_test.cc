// What the framer says of streams and elements, and its limits.
#include "proto/xml/framer.h"

#include <doctest/doctest.h>

#include "tests/unit/xml/cuts.h"

namespace vestnik::xml {
namespace {

using Events = std::vector<std::string>;
using Event = Framer::Event;

const std::string kHeader =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' xmlns:e='urn:e'>";

Events stream_events(std::string_view bytes, XmlLimits limits = {}) {
  return events_of_all_cuts([=] { return Framer(limits, true); }, bytes);
}

// The events of `bytes` behind a header.
Events events_in_stream(std::string_view bytes, XmlLimits limits = {}) {
  Events events = stream_events(kHeader + std::string(bytes), limits);
  events.erase(events.begin());
  return events;
}

Events element_events(std::string_view bytes, XmlLimits limits = {}) {
  return events_of_all_cuts([=] { return Framer(limits, false); }, bytes);
}

TEST_CASE("a stream from its header to its end") {
  CHECK(stream_events("\xEF\xBB\xBF<?xml version='1.0'?>\n <stream:stream to='a&amp;b' xmlns='jabber:client' "
                      "xmlns:stream='http://etherx.jabber.org/streams'>\n<a b='c'><d/></a> "
                      "<e/></stream:stream >ignored") ==
        Events{"open {http://etherx.jabber.org/streams}stream default jabber:client to=a&amp;b& "
               "xmlns=jabber:client "
               "xmlns:stream=http://etherx.jabber.org/streams",
               "element {jabber:client}a 9..13 forwardable b=c [{jabber:client}d 9..13] <a b='c'><d/></a>",
               "element {jabber:client}e 4..4 forwardable <e/>", "close"});
  CHECK(stream_events("<s/>ignored") == Events{"open {}s default ", "close"});
  CHECK(stream_events("<s xmlns='u'></s\n>") == Events{"open {u}s default u xmlns=u", "close"});
}

TEST_CASE("what a stream cannot have") {
  struct Row {
    std::string_view bytes;
    std::string_view event;
  };
  for (const Row& row : {Row{"</stream>", "not-well-formed: an end tag without its start tag"},
                         Row{"</e:stream>", "not-well-formed: an end tag without its start tag"},
                         Row{"x", "bad-format: character data between stanzas"},
                         Row{"<![CDATA[x]]>", "bad-format: character data between stanzas"},
                         Row{"&#32;", "bad-format: character data between stanzas"},
                         Row{"<?xml version='1.0'?>",
                             "restricted-xml: processing instructions, and the XML declaration "
                             "but at the start, are not allowed"},
                         Row{"<!-- -->", "restricted-xml: comments are not allowed"},
                         Row{"<x:a/>", "not-well-formed: an element's prefix is not bound"}}) {
    CHECK(events_in_stream(row.bytes) == Events{std::string(row.event)});
  }
  CHECK(stream_events("</stream:stream>") == Events{"not-well-formed: an end tag without its start tag"});
  CHECK(stream_events("<a:b/>") == Events{"not-well-formed: an element's prefix is not bound"});
  CHECK(stream_events("GET / HTTP/1.1") == Events{"not-well-formed: an XML document begins with '<'"});
}

TEST_CASE("elements of the streams namespace stand at the top only") {
  const std::string refused = "bad-format: an element of the streams namespace inside a stanza";
  CHECK(events_in_stream("<stream:error><a/></stream:error>").size() == 1);
  CHECK(events_in_stream("<stream:error><a/></stream:error>")[0].starts_with(
      "element {http://etherx.jabber.org/streams}error"));
  for (const std::string_view bytes : {"<a><stream:stream/></a>", "<a><b><stream:error>",
                                       "<a><b xmlns='http://etherx.jabber.org/streams'/></a>",
                                       "<a><b xmlns='http://etherx.jabber.org/&#115;treams'/></a>",
                                       "<a><b xmlns:s='http://etherx.jabber.org/streams'><s:c/></b></a>"}) {
    CHECK(events_in_stream(bytes) == Events{refused});
  }
}

TEST_CASE("elements without a stream") {
  CHECK(element_events("<?xml version='1.0'?><open xmlns='urn:f'/> <a> x <b:c xmlns:b='u'>y</b:c></a>") ==
        Events{"element {urn:f}open 21..21 forwardable xmlns=urn:f <open xmlns='urn:f'/>",
               "element {}a 3..30 forwardable text [{u}c 6..30] <a> x <b:c xmlns:b='u'>y</b:c></a>"});
  CHECK(element_events("<a/></a>").back() == "not-well-formed: an end tag without its start tag");
  CHECK(element_events("<a><stream:b xmlns:stream='http://etherx.jabber.org/streams'/></a>")
            .back()
            .starts_with("bad-format"));
}

TEST_CASE("children and text of the top-level element") {
  const auto events = events_in_stream(
      "<m>\n<body>a<b/>b</body><x xmlns='urn:x'><y xmlns='urn:y'/><y/></x><e:z/><p:q xmlns:p='&#112;'/> "
      "</m>");
  REQUIRE(events.size() == 1);
  CHECK(events[0].starts_with(
      "element {jabber:client}m 3..96 [{jabber:client}body 4..23] [{urn:x}x 23..66] [{urn:e}z 66..72] "
      "[{p}q 72..95]"));
  struct Row {
    std::string_view bytes;
    bool has_text;
  };
  for (const Row& row :
       {Row{"<a>x</a>", true}, Row{"<a> <b>x</b>\n</a>", false}, Row{"<a><b/>x</a>", true},
        Row{"<a> &#32;</a>", true}, Row{"<a><![CDATA[x]]></a>", true}, Row{"<a><![CDATA[ ]]></a>", false}}) {
    CHECK((element_events(row.bytes)[0].find(" text") != std::string::npos) == row.has_text);
  }
}

// RULES 7.
TEST_CASE("which elements may be forwarded as they are") {
  struct Row {
    std::string_view bytes;
    bool forwardable;
  };
  for (const Row& row : {
           Row{"<a><b xml:lang='en' xmlns='u'><c xmlns=''/></b></a>", true},
           Row{"<a xmlns='jabber:client'><b/></a>", true},
           Row{"<a xmlns:p='u'><b/></a>", true},
           Row{"<a><p:b xmlns:p='u'><p:c p:d=''/></p:b></a>", true},
           Row{"<a><b xmlns='jabber:client'/></a>", false},
           Row{"<a><b xmlns='jabber:clien&#116;'/></a>", false},
           Row{"<a><b xmlns='u'><c xmlns='jabber:server'/></b></a>", false},
           Row{"<a><b><c xmlns:p='jabber:component:accept'/></b></a>", false},
           Row{"<a><e:b/></a>", false},
           Row{"<a><b e:c=''/></a>", false},
           Row{"<a e:c=''/>", false},
           Row{"<e:a/>", false},
           Row{"<p:a xmlns:p='u'/>", false},
           Row{"<a xmlns:p='u'><p:b/></a>", false},
           Row{"<a xmlns:p='u'><b xmlns:p='v'><p:c/></b></a>", true},
       }) {
    CAPTURE(row.bytes);
    const auto events = events_in_stream(row.bytes);
    REQUIRE(events.size() == 1);
    CHECK((events[0].find(" forwardable") != std::string::npos) == row.forwardable);
  }
}

TEST_CASE("limits fire as soon as they are passed") {
  const XmlLimits limits{.element_bytes = 40, .elements = 4, .attributes = 2, .depth = 3};
  struct Row {
    std::string_view good;
    std::string_view bad;  // its last byte passes the limit
    std::string_view names;
  };
  for (const Row& row : {Row{"<a>345678901234567890123456789012345</a>",
                             "<a>34567890123456789012345678901234567890", "element_bytes"},
                         Row{"<a b='6789012345678901234567890123456'/>",
                             "<a b='67890123456789012345678901234567890", "element_bytes"},
                         Row{"<a><b/><b/><b/></a>", "<a><b/><b/><b/><b/>", "elements"},
                         Row{"<a b='' xmlns=''/>", "<a b='' xmlns='' c", "attributes"},
                         Row{"<a><b><c/></b></a>", "<a><b><c><d>", "depth"}}) {
    CAPTURE(row.bad);
    CHECK(element_events(row.good, limits)[0].starts_with("element"));
    CHECK(element_events(row.bad.substr(0, row.bad.size() - 1), limits).empty());
    const auto events = element_events(row.bad, limits);
    REQUIRE(events.size() == 1);
    CHECK(events[0].starts_with("policy-violation"));
    CHECK(events[0].find("limit: " + std::string(row.names)) != std::string::npos);
  }
  // Each element has the whole limit; the header has it as well.
  CHECK(element_events("<a><b/><b/><b/></a><a><b/><b/><b/></a>", limits).size() == 2);
  CHECK(stream_events("<a b='67890123456789012345678901234567'><a></a>", limits).size() == 2);
  CHECK(stream_events("<a b='678901234567890123456789012345678901234", limits)[0].starts_with(
      "policy-violation"));
}

TEST_CASE("limits may change at any time") {
  Framer framer(XmlLimits{.element_bytes = 8, .depth = 1}, false);
  Events events;
  feed(framer, "<a>1234", events);
  framer.set_limits(XmlLimits{});
  feed(framer, "567890<b/></a><a>1234567890", events);
  CHECK(events.size() == 1);
  framer.set_limits(XmlLimits{.element_bytes = 8});
  feed(framer, "1", events);
  CHECK(events.size() == 2);
  CHECK(events.back().starts_with("policy-violation"));
}

TEST_CASE("namespace declarations in scope are limited, since each name looks through them") {
  std::string bytes;
  for (int i = 0; i < 43; ++i) bytes += "<a xmlns:a='u' xmlns:b='u' xmlns:c='u'>";
  CHECK(events_of(Framer(XmlLimits{}, false), bytes) ==
        Events{"policy-violation: too many namespace declarations in scope"});
}

TEST_CASE("an element within the input is not copied") {
  Framer framer(XmlLimits{}, false);
  const std::string bytes = "<a b='c'>d</a><e/>";
  std::string_view input = bytes;
  REQUIRE(framer.next(input) == Event::element);
  CHECK(framer.frame().bytes.data() == bytes.data());
  CHECK(framer.frame().attributes->at(0).raw_value.data() == bytes.data() + 6);
  CHECK(input == "<e/>");
  CHECK(framer.held_bytes() == 0);
}

TEST_CASE("only an unfinished element is held") {
  Framer framer(XmlLimits{}, false);
  std::string_view input = "<a/> <b>";
  REQUIRE(framer.next(input) == Event::element);
  CHECK(!framer.mid_element());
  REQUIRE(framer.next(input) == Event::need_more);
  CHECK(input.empty());
  CHECK(framer.mid_element());
  CHECK(framer.held_bytes() == 3);
  input = "</b><c/>  ";
  REQUIRE(framer.next(input) == Event::element);
  CHECK(framer.frame().bytes == "<b></b>");
  CHECK(!framer.mid_element());
  CHECK(input == "<c/>  ");
  REQUIRE(framer.next(input) == Event::element);
  REQUIRE(framer.next(input) == Event::need_more);
  CHECK(framer.held_bytes() == 0);
}

TEST_CASE("white space between elements is noticed once") {
  Framer framer(XmlLimits{}, false);
  std::string_view input = "<a/>";
  REQUIRE(framer.next(input) == Event::element);
  REQUIRE(framer.next(input) == Event::need_more);
  CHECK(!framer.take_whitespace_seen());
  input = " ";
  REQUIRE(framer.next(input) == Event::need_more);
  CHECK(framer.take_whitespace_seen());
  CHECK(!framer.take_whitespace_seen());
}

TEST_CASE("after an error nothing is read") {
  Framer framer(XmlLimits{}, false);
  std::string_view input = "<a></b><c/>";
  REQUIRE(framer.next(input) == Event::error);
  input = "<c/>";
  CHECK(framer.next(input) == Event::error);
  CHECK(framer.error().condition == StreamCondition::not_well_formed);
}

TEST_CASE("a restart forgets the stream, keeps the limits") {
  Framer framer(XmlLimits{.depth = 1}, true);
  Events events;
  feed(framer, kHeader + "<a/><b", events);
  CHECK(framer.stream_namespaces().size() == 3);
  framer.reset();
  CHECK(!framer.mid_element());
  CHECK(framer.stream_namespaces().empty());
  feed(framer, "<?xml version='1.0'?><s xmlns='u'><c/><d><e/></d>", events);
  CHECK(events == Events{events[0], events[1], "open {u}s default u xmlns=u",
                         "element {u}c 4..4 forwardable <c/>",
                         "policy-violation: elements nested too deeply (limit: depth)"});
}

TEST_CASE("white space may stand before a restarted stream's declaration, not before the first one's") {
  const std::string_view bytes = "\r\n<?xml version='1.0'?><s/>";
  const auto restarted = [] {
    Framer framer(XmlLimits{}, true);
    framer.reset();
    return framer;
  };
  CHECK(events_of_all_cuts(restarted, bytes) == Events{"open {}s default ", "close"});
  CHECK(events_of_all_cuts(restarted, "\xEF \xBB\xBF<s/>")[0].starts_with("not-well-formed"));
  CHECK(stream_events(bytes)[0].starts_with("restricted-xml"));
}

TEST_CASE("a framer may move to another thread's connection in the middle of an element") {
  Framer first(XmlLimits{}, true);
  Events events;
  feed(first, kHeader + "<e:a b='c'><e:d", events);
  first.trim();
  Framer second = std::move(first);
  feed(second, "/></e:a><e:f/>", events);
  second.trim();
  feed(second, "<e:g/></stream:stream>", events);
  CHECK(events.size() == 5);
  CHECK(events[1] == "element {urn:e}a 11..17 b=c [{urn:e}d 11..17] <e:a b='c'><e:d/></e:a>");
  CHECK(events.back() == "close");
}

}  // namespace
}  // namespace vestnik::xml
