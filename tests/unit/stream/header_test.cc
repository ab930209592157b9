#include "proto/stream/header.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace vestnik {
namespace {

constexpr std::string_view kNamespaces =
    " xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'";

StreamHeader read(std::string header) {
  xml::Framer framer({});
  std::string_view input = header;
  REQUIRE(framer.next(input) == xml::Framer::Event::stream_open);
  return read_stream_header(framer.stream_open(), "jabber:client");
}

std::string with(std::string_view attributes) {
  return "<stream:stream" + std::string(kNamespaces) + " " + std::string(attributes) + ">";
}

TEST_CASE("attributes are prepared") {
  const StreamHeader header =
      read(with("to='Example.ORG.' from='Juliet@example.org' version='1.0' xml:lang='en'"));
  CHECK_FALSE(header.problem);
  CHECK(header.to == "example.org");
  REQUIRE(header.from);
  CHECK(header.from->full() == "juliet@example.org");
  CHECK(header.lang == "en");
  CHECK(header.version_1);
}

TEST_CASE("versions are numbers (RFC 6120 §4.7.5)") {
  CHECK(read(with("version='1.10'")).version_1);
  CHECK(read(with("version='2.0'")).version_1);
  CHECK_FALSE(read(with("version='0.9'")).version_1);
  CHECK_FALSE(read(with("")).version_1);
  REQUIRE(read(with("version='one'")).problem);
  CHECK(read(with("version='one'")).problem->condition == StreamCondition::unsupported_version);
}

TEST_CASE("what makes a stream impossible is named") {
  const std::vector<std::pair<std::string, StreamCondition>> rows{
      {"<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'>",
       StreamCondition::invalid_namespace},
      {"<stream:stream xmlns='jabber:client' xmlns:stream='urn:x'>", StreamCondition::invalid_namespace},
      {"<stream:other xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
       StreamCondition::invalid_namespace},
      {with("to='bad domain'"), StreamCondition::host_unknown},
      {with("from='@'"), StreamCondition::invalid_from},
  };
  for (const auto& [header, condition] : rows) {
    CAPTURE(header);
    const auto problem = read(header).problem;
    REQUIRE(problem);
    CHECK(problem->condition == condition);
  }
}

TEST_CASE("the response is a header that can be read") {
  const std::string response = write_stream_header(
      {.content_ns = "jabber:client", .from = "example.org", .to = "a&b@example.org", .id = "it's"});
  xml::Framer framer({});
  std::string_view input = response;
  REQUIRE(framer.next(input) == xml::Framer::Event::stream_open);
  CHECK(response.find("id='it&apos;s'") != std::string::npos);
  CHECK(response.find("version='1.0'") != std::string::npos);
}

TEST_CASE("stream errors are well-formed") {
  const std::string xml = StreamError{StreamCondition::policy_violation, "too <much>"}.to_xml();
  CHECK(xml.find("<policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>") != std::string::npos);
  CHECK(xml.find("too &lt;much>") + xml.find("too &lt;much&gt;") != 2 * std::string::npos);
}

}  // namespace
}  // namespace vestnik
