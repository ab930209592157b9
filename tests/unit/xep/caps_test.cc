#include "proto/xep/caps.h"

#include <doctest/doctest.h>

#include <string_view>

#include "proto/xep/dataform.h"

using namespace vestnik;

namespace {

std::string hash_of(std::string_view content) {
  std::string query;
  xml::Writer(query).open("query", "http://jabber.org/protocol/disco#info").raw(content).close();
  xml::Document document;
  return capability_hash(document.parse(query));
}

constexpr std::string_view kFeatures =
    "<feature var='http://jabber.org/protocol/muc'/><feature var='http://jabber.org/protocol/disco#items'/>"
    "<feature var='http://jabber.org/protocol/disco#info'/><feature var='http://jabber.org/protocol/caps'/>";

constexpr std::string_view kForm =
    "<x xmlns='jabber:x:data' type='result'>"
    "<field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>"
    "<field var='os_version'><value>10.5.1</value></field><field var='os'><value>Mac</value></field>"
    "<field var='ip_version' type='text-multi'><value>ipv6</value><value>ipv4</value></field>"
    "<field var='software_version'><value>0.11</value></field><field "
    "var='software'><value>Psi</value></field></x>";

constexpr std::string_view kPsi =
    "<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>"
    "<identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>";

}  // namespace

TEST_CASE("the examples of XEP-0115, in another order") {
  const std::string simple = "<identity category='client' type='pc' name='Exodus 0.9.1'/>";
  CHECK(hash_of(simple + std::string(kFeatures)) == "QgayPKawpkPSDYmwT/WM94uAlu0=");  // §5.2
  CHECK(hash_of(std::string(kFeatures) + std::string(kForm) + std::string(kPsi)) ==
        "q07IKJEyjvHSyhy//CH0CxmKi8w=");  // §5.3
}

TEST_CASE("identities are sorted by category, not as joined texts") {
  // '-' is less than '/': "a-b/c" would come before "a/c".
  const std::string_view first = "<identity category='a' type='c'/>";
  const std::string_view second = "<identity category='a-b' type='c'/>";
  CHECK(hash_of(std::string(first) + std::string(second)) == "0LZ828ysLZoFdDjKlCP9h0e5Lrw=");
  CHECK(hash_of(std::string(second) + std::string(first)) == "0LZ828ysLZoFdDjKlCP9h0e5Lrw=");
}

TEST_CASE("forms without a hidden FORM_TYPE do not count (§5.4)") {
  const std::string features(kFeatures);
  const std::string_view field = "<field var='os'><value>Mac</value></field></x>";
  const std::string nameless = "<x xmlns='jabber:x:data' type='result'>";
  const std::string shown = nameless + "<field var='FORM_TYPE'><value>urn:x</value></field>";
  CHECK(hash_of(features + nameless + std::string(field)) == hash_of(features));
  CHECK(hash_of(features + shown + std::string(field)) == hash_of(features));
  CHECK(hash_of(features + std::string(kForm)) != hash_of(features));
}

TEST_CASE("a result form") {
  std::string xml;
  xml::Writer writer(xml);
  const std::vector<FormField> fields{{"a", {"1", "<2>"}}, {"b", {"3"}}};
  write_result_form(writer, "urn:x", fields);
  CHECK(xml ==
        "<x xmlns='jabber:x:data' type='result'>"
        "<field var='FORM_TYPE' type='hidden'><value>urn:x</value></field>"
        "<field var='a'><value>1</value><value>&lt;2&gt;</value></field>"
        "<field var='b'><value>3</value></field></x>");
}

TEST_CASE("what a presence claims") {
  const auto claim = [](std::string_view c) {
    xml::Document document;
    return read_caps(document.parse("<presence xmlns='jabber:client'>" + std::string(c) + "</presence>"));
  };
  const std::string_view sound =
      "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='urn:x' "
      "ver='QgayPKawpkPSDYmwT/WM94uAlu0='/>";
  REQUIRE(claim(sound));
  CHECK(claim(sound)->info_node() == "urn:x#QgayPKawpkPSDYmwT/WM94uAlu0=");
  CHECK_FALSE(claim(""));
  CHECK_FALSE(claim("<c xmlns='http://jabber.org/protocol/caps' node='urn:x' ver='1.2'/>"));
  CHECK_FALSE(claim("<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='urn:x' ver='1.2'/>"));
  CHECK_FALSE(claim("<c xmlns='urn:y' hash='sha-1' node='urn:x' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/>"));
}

TEST_CASE("a claim holds if the hash is right and the answer well-formed (§5.4)") {
  const auto holds = [](const std::string& content) {
    xml::Document document;
    const CapsClaim claim{.node = "urn:x", .ver = hash_of(content)};
    return verifies(claim, document.parse("<query xmlns='http://jabber.org/protocol/disco#info'>" + content +
                                          "</query>"));
  };
  const std::string features(kFeatures);
  const std::string form(kForm);
  CHECK(holds(features + form));
  CHECK_FALSE(holds(features + features));
  CHECK_FALSE(holds(features + form + form));
  CHECK_FALSE(holds("<identity category='a' type='b'/><identity category='a' type='b'/>"));
  CHECK_FALSE(holds("<feature var='a&lt;b'/>"));
  CHECK_FALSE(holds("<identity category='a' type='b' name='&lt;c'/>"));
  xml::Document document;
  CHECK_FALSE(verifies({.node = "urn:x", .ver = hash_of(features)},
                       document.parse("<query xmlns='http://jabber.org/protocol/disco#info'/>")));
}

TEST_CASE("the nodes that somebody wants to hear of") {
  xml::Document document;
  CHECK(wanted_nodes(document.parse("<query xmlns='http://jabber.org/protocol/disco#info'>"
                                    "<feature var='urn:b+notify'/><feature var='urn:b'/>"
                                    "<feature var='urn:a+notify'/><feature var='+notify'/></query>")) ==
        std::vector<std::string>{"urn:a", "urn:b"});
}
