#include "proto/xep/roster.h"

#include <doctest/doctest.h>

#include <string>

namespace vestnik::roster {
namespace {

Result<SetRequest, StanzaReject> parse(const std::string& items) {
  xml::Document document;
  return parse_set(document.parse("<query xmlns='jabber:iq:roster'>" + items + "</query>"));
}

TEST_CASE("roster set: name and groups are the client's") {
  const auto set =
      parse("<item jid='Romeo@Example.org' name='R &amp; J'><group>Friends</group><group>A</group></item>");
  REQUIRE(set);
  CHECK(set->contact.full() == "romeo@example.org");
  CHECK(set->name == "R & J");
  CHECK(set->groups == std::vector<std::string>{"Friends", "A"});
  CHECK_FALSE(set->remove);
}

TEST_CASE("roster set: of the server's attributes only 'remove' counts (2.1.5)") {
  for (const std::string_view value : {"none", "to", "from", "both", "foobar", "REMOVE", ""}) {
    const auto set = parse("<item jid='a@b.example' ask='subscribe' approved='true' subscription='" +
                           std::string(value) + "'/>");
    REQUIRE(set);
    CHECK_FALSE(set->remove);
  }
  const auto removal = parse("<item jid='a@b.example' subscription='remove'><group/></item>");
  REQUIRE(removal);
  CHECK(removal->remove);
}

TEST_CASE("roster set: an address without localpart, and one with a resource") {
  CHECK(parse("<item jid='icq.example.org'/>")->contact.full() == "icq.example.org");
  CHECK(parse("<item jid='a@b.example/phone'/>")->contact.full() == "a@b.example");
}

TEST_CASE("roster set: what is refused (2.3.3)") {
  const std::string fits(kMaxNameBytes, 'x');
  const std::string too_long(kMaxNameBytes + 1, 'x');
  std::string many_groups;
  for (std::size_t i = 0; i <= kMaxGroups; ++i) many_groups += "<group>" + std::to_string(i) + "</group>";
  struct Row {
    std::string items;
    StanzaCondition expected;
  };
  const Row rows[] = {
      {"", StanzaCondition::bad_request},
      {"<item jid='a@b.example'/><item jid='c@b.example'/>", StanzaCondition::bad_request},
      {"<item jid='a@b.example'/><other xmlns='urn:x'/>", StanzaCondition::bad_request},
      {"<contact jid='a@b.example'/>", StanzaCondition::bad_request},
      {"<item name='nobody'/>", StanzaCondition::bad_request},
      {"<item jid='@b.example'/>", StanzaCondition::jid_malformed},
      {"<item jid=''/>", StanzaCondition::jid_malformed},
      {"<item jid='a@b.example'><group>x</group><group>x</group></item>", StanzaCondition::bad_request},
      {"<item jid='a@b.example'><group/></item>", StanzaCondition::not_acceptable},
      {"<item jid='a@b.example'><group>" + too_long + "</group></item>", StanzaCondition::not_acceptable},
      {"<item jid='a@b.example' name='" + too_long + "'/>", StanzaCondition::not_acceptable},
      {"<item jid='a@b.example'>" + many_groups + "</item>", StanzaCondition::not_acceptable},
  };
  for (const auto& [items, expected] : rows) {
    CAPTURE(items);
    const auto set = parse(items);
    REQUIRE_FALSE(set);
    CHECK(set.error().condition == expected);
  }
  CHECK(parse("<item jid='a@b.example' name='" + fits + "'><group>" + fits + "</group></item>"));
}

std::string item(std::string_view name, const std::vector<std::string>& groups,
                 const SubscriptionState& state) {
  std::string out;
  xml::Writer writer(out);
  write_item(writer, "a@b.example", name, groups, state);
  return out;
}

TEST_CASE("roster item: what is written") {
  CHECK(item("", {}, {}) == "<item jid='a@b.example' subscription='none'/>");
  CHECK(item("A <b>", {"x & y"}, {.from = true, .pending_out = true}) ==
        "<item jid='a@b.example' name='A &lt;b&gt;' subscription='from' ask='subscribe'>"
        "<group>x &amp; y</group></item>");
  CHECK(item("", {}, {.to = true, .pending_in = true, .approved = true}) ==
        "<item jid='a@b.example' subscription='to' approved='true'/>");
}

TEST_CASE("roster version: text and back") {
  for (const auto& version :
       {Version{0, 0}, Version{1'718'000'000'123, 0}, Version{12, 0xab34cd}, Version{1, ~0ULL}}) {
    CHECK(Version::parse(version.text()) == version);
  }
  CHECK(Version{.number = 12}.text() == "12");
  CHECK(Version{.number = 12, .fingerprint = 0xab34cd}.text() == "12-ab34cd");
  for (const std::string_view foreign :
       {"", "-", "x", "12-", "12-xyz", "-ab", "1 ", "12-ab-cd", "99999999999999999999"}) {
    CAPTURE(foreign);
    CHECK(Version::parse(foreign) == std::nullopt);
  }
}

}  // namespace
}  // namespace vestnik::roster
