#include "bench/xmpp/cutter.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace vestnik::bench {
namespace {

/// What the cutter makes of a stream that arrives in pieces of `piece` bytes: one line for each event.
std::vector<std::string> cut(std::string_view stream, std::size_t piece) {
  Cutter cutter;
  std::vector<std::string> events;
  while (!stream.empty()) {
    const std::string chunk(
        stream.substr(0, piece));  // a copy of its own, so that reads beyond it are seen by ASan
    stream.remove_prefix(chunk.size());
    std::string_view input = chunk;
    for (auto event = cutter.next(input); event != Cutter::Event::need_more; event = cutter.next(input)) {
      if (event == Cutter::Event::stream_close) {
        events.emplace_back("close");
        return events;
      }
      events.emplace_back(cutter.element().bytes());
    }
    CHECK(input.empty());
  }
  return events;
}

TEST_CASE("a stream is cut alike however it arrives") {
  constexpr std::string_view kHeader = "<stream:stream xmlns='jabber:client' note='a>b'>";
  const std::vector<std::string> elements = {
      "<stream:features><a/><b><c/></b></stream:features>",
      "<message from=\"a'>'b\"><body>1 &lt; 2</body></message>",
      "<presence/>",
      "<iq type='result'   />",
      "<x><![CDATA[<not><a>tag]] > ]]></x>",
      "<y><!-- <no> --><z a='/'></z>text</y>",
  };
  std::string stream = "<?xml version='1.0'?>\n" + std::string(kHeader);
  std::vector<std::string> expected{std::string(kHeader)};
  for (const std::string& element : elements) {
    stream += element + " \n";
    expected.push_back(element);
  }
  stream += "</stream:stream>";
  expected.emplace_back("close");
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    INFO("pieces of ", piece);
    CHECK(cut(stream, piece) == expected);
  }
}

TEST_CASE("an element is looked into by name") {
  const Element iq(
      "<iq type='error' id=\"7\" xml:lang='en'><query-x/><error type='cancel'><item-not-found/>"
      "<text>no &amp; no</text></error></iq>");
  CHECK(iq.name() == "iq");
  CHECK(iq.attr("type") == "error");
  CHECK(iq.attr("id") == "7");
  CHECK(iq.attr("lang").empty());
  CHECK(iq.attr("xml:lang") == "en");
  CHECK_FALSE(iq.find("query"));
  CHECK(iq.find("error").attr("type") == "cancel");
  CHECK(iq.find("text").text() == "no &amp; no");
  CHECK(iq.find("item-not-found"));
  CHECK(Element().name().empty());
  CHECK(Element().attr("id").empty());
  CHECK(Element().text().empty());
}

}  // namespace
}  // namespace vestnik::bench
