#include "proto/xep/mam.h"

#include <doctest/doctest.h>

#include "proto/base/datetime.h"
#include "proto/xep/archive_preferences.h"
#include "proto/xep/carbons.h"

namespace vestnik {
namespace {

Result<mam::Query, StanzaReject> parse(const std::string& content,
                                       mam::TextSearch search = mam::TextSearch::off) {
  xml::Document document;
  return mam::parse_query(document.parse("<query xmlns='urn:xmpp:mam:2' queryid='q'>" + content + "</query>"),
                          search);
}

std::string form(const std::string& fields) {
  return "<x xmlns='jabber:x:data' type='submit'><field "
         "var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field>" +
         fields + "</x>";
}

Stanza message(const std::string& attributes, const std::string& content) {
  auto stanza = Stanza::from_stored("<message to='a@example.org/x' from='b@example.org/y'" + attributes +
                                    ">" + content + "</message>");
  REQUIRE(stanza.has_value());
  return std::move(*stanza);
}

TEST_CASE("mam: words can be asked for where archives are searchable, and only there") {
  const std::string asked = form("<field var='{urn:xmpp:fulltext:0}fulltext'><value>a b</value></field>");
  const auto query = parse(asked, mam::TextSearch::on);
  REQUIRE(query.has_value());
  CHECK(query->text == "a b");
  const auto unknown = parse(asked);
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().condition == StanzaCondition::feature_not_implemented);
  CHECK(mam::query_form(mam::TextSearch::on).contains("fulltext:0}fulltext"));
  CHECK_FALSE(mam::query_form(mam::TextSearch::off).contains("fulltext"));
}

TEST_CASE("mam: a message's words are those of its bodies and subjects, unless it is encrypted") {
  CHECK(mam::searchable_text(message("",
                                     "<body>a &amp; b</body><subject>c</subject><x xmlns='urn:x'>"
                                     "<body>no</body></x><body xml:lang='de'>d</body>")
                                 .wire()) == "a & b\nc\nd\n");
  CHECK(mam::searchable_text("<message><body>secret</body><encrypted xmlns='urn:xmpp:omemo:2'/></message>")
            .empty());
  CHECK(mam::searchable_text("").empty());
  CHECK(mam::searchable_text("<message><body>cut o").empty());
}

TEST_CASE("mam: a query without anything asks for everything") {
  const auto query = parse("");
  REQUIRE(query.has_value());
  CHECK(query->query_id == "q");
  CHECK_FALSE(query->with);
  CHECK_FALSE(query->ids);
  CHECK_FALSE(query->page.max);
  CHECK_FALSE(query->flipped);
}

TEST_CASE("mam: a form with open fields asks for everything too") {
  const auto query = parse(form(
      "<field var='with'/><field var='start'/><field var='end'/><field var='ids'/><field var='after-id'/>"
      "<field var='{urn:xmpp:fulltext:0}fulltext'/>"));
  REQUIRE(query.has_value());
  CHECK_FALSE(query->with);
  CHECK_FALSE(query->start);
  CHECK_FALSE(query->ids);
  CHECK_FALSE(query->after_id);
  CHECK_FALSE(parse(form("<field var='start'><value/></field>")));
}

TEST_CASE("mam: all fields of a query") {
  const auto query =
      parse(form("<field var='with'><value>Bob@Example.org/X</value></field>"
                 "<field var='start'><value>2020-01-01T00:00:00Z</value></field>"
                 "<field var='end'><value>2020-01-02T00:00:00+01:00</value></field>"
                 "<field var='after-id'><value>a</value></field>"
                 "<field var='before-id'><value>b</value></field>"
                 "<field var='ids'><value>1</value><value>2</value></field>") +
            "<set xmlns='http://jabber.org/protocol/rsm'><max>7</max><after>c</after><before/></set>"
            "<flip-page/>");
  REQUIRE(query.has_value());
  CHECK(query->with->full() == "bob@example.org/X");
  CHECK(query->start == parse_datetime("2020-01-01T00:00:00Z"));
  CHECK(query->end == parse_datetime("2020-01-01T23:00:00Z"));
  CHECK(query->after_id == "a");
  CHECK(query->before_id == "b");
  CHECK(query->ids == std::vector<std::string>{"1", "2"});
  CHECK(query->page.max == 7);
  CHECK(query->page.after == "c");
  CHECK(query->page.before == "");
  CHECK(query->flipped);
}

TEST_CASE("mam: a result holds the message, what was added to it and when it came") {
  const auto received = parse_datetime("2020-01-01T00:00:00.5Z");
  REQUIRE(received.has_value());
  const mam::ResultHead head{.query_id = "q'", .id = "i", .received = *received};
  CHECK(
      mam::result(head, "<message from='a'><body>x</body></message>", "<s xmlns='y'/>") ==
      "<result xmlns='urn:xmpp:mam:2' queryid='q&apos;' id='i'><forwarded xmlns='urn:xmpp:forward:0'>"
      "<delay xmlns='urn:xmpp:delay' stamp='2020-01-01T00:00:00.500Z'/>"
      "<message xmlns='jabber:client' from='a'><body>x</body><s xmlns='y'/></message></forwarded></result>");
  CHECK(carbons::wrap(carbons::Direction::sent, "<message from='a'/>", "<s/>") ==
        "<sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
        "<message xmlns='jabber:client' from='a'><s/></message></forwarded></sent>");
}

TEST_CASE("archive preferences: the lists come before the rest, and `never` first") {
  const ArchivePreferences preferences{.otherwise = ArchivePolicy::roster,
                                       .always = {"a@x.example", "b@x.example/r", "c@x.example"},
                                       .never = {"c@x.example", "a@x.example/no"}};
  const auto policy = [&](std::string_view peer) {
    return preferences.policy_for(JidView::of_canonical(peer));
  };
  CHECK(policy("a@x.example/any") == ArchivePolicy::always);
  CHECK(policy("a@x.example/no") == ArchivePolicy::never);
  CHECK(policy("b@x.example/r") == ArchivePolicy::always);
  CHECK(policy("b@x.example/other") == ArchivePolicy::roster);
  CHECK(policy("b@x.example") == ArchivePolicy::roster);
  CHECK(policy("c@x.example/r") == ArchivePolicy::never);
}

TEST_CASE("archive preferences: what is written is read again, in canonical form and once") {
  xml::Document document;
  const auto parsed = parse_archive_preferences(
      document.parse("<prefs xmlns='urn:xmpp:mam:2' default='never'><always><jid>B@X.example</jid>"
                     "<jid>b@x.example</jid><jid>a@x.example</jid></always></prefs>"));
  REQUIRE(parsed.has_value());
  CHECK(*parsed == ArchivePreferences{.otherwise = ArchivePolicy::never,
                                      .always = {"a@x.example", "b@x.example"},
                                      .never = {}});
  const std::string text = write_archive_preferences(*parsed);
  const auto again = parse_archive_preferences(document.parse(text));
  REQUIRE(again.has_value());
  CHECK(*again == *parsed);
}

TEST_CASE("carbons: a message to an account may not forbid copies, one to a resource may") {
  const std::string body = "<body>x</body><no-copy xmlns='urn:xmpp:hints'/>";
  const Stanza full = message(" type='chat'", body);
  const Stanza bare = full.readdressed(full.from(), full.to().to_bare());
  CHECK_FALSE(carbons::eligible(full, carbons::Direction::received, false));
  CHECK(carbons::eligible(bare, carbons::Direction::received, false));
}

}  // namespace
}  // namespace vestnik
