// Addresses as a whole: RFC 7622 §3.5, splitting, limits, views.
#include "proto/jid/jid.h"

#include <doctest/doctest.h>

#include "proto/base/limits.h"

namespace vestnik {
namespace {

using namespace std::string_view_literals;

std::string repeat(std::string_view text, std::size_t count) {
  std::string repeated;
  for (std::size_t i = 0; i < count; ++i) repeated += text;
  return repeated;
}

struct Parsed {
  std::string_view text;
  std::string_view local, domain, resource;
};

void check_parses(const Parsed& expected) {
  CAPTURE(expected.text);
  const auto jid = Jid::parse(expected.text);
  REQUIRE(jid);
  CHECK(jid->local() == expected.local);
  CHECK(jid->domain() == expected.domain);
  CHECK(jid->resource() == expected.resource);
  CHECK(jid->has_local() == !expected.local.empty());
  CHECK(jid->is_bare() == expected.resource.empty());
  CHECK(Jid::parse(jid->full()) == *jid);
  CHECK(JidView::of_canonical(jid->full()).local() == expected.local);
  CHECK(JidView::of_canonical(jid->full()).resource() == expected.resource);
}

TEST_CASE("RFC 7622 §3.5, table 1: addresses") {
  constexpr Parsed kAddresses[] = {
      {"juliet@example.com", "juliet", "example.com", ""},
      {"juliet@example.com/foo", "juliet", "example.com", "foo"},
      {"juliet@example.com/foo bar", "juliet", "example.com", "foo bar"},
      {"juliet@example.com/foo@bar", "juliet", "example.com", "foo@bar"},
      {"foo\\20bar@example.com", "foo\\20bar", "example.com", ""},
      {"fussball@example.com", "fussball", "example.com", ""},
      {"fußball@example.com", "fußball", "example.com", ""},
      {"π@example.com", "π", "example.com", ""},
      {"Σ@example.com/foo", "σ", "example.com", "foo"},
      {"σ@example.com/foo", "σ", "example.com", "foo"},
      {"ς@example.com/foo", "ς", "example.com", "foo"},
      {"king@example.com/♚", "king", "example.com", "♚"},
      {"example.com", "", "example.com", ""},
      {"example.com/foobar", "", "example.com", "foobar"},
      {"a.example.com/b@example.net", "", "a.example.com", "b@example.net"},
      // Listed in table 2 by mistake (erratum 4560): OpaqueString allows a space anywhere.
      {"juliet@example.com/ foo ", "juliet", "example.com", " foo "},
  };
  for (const Parsed& address : kAddresses) check_parses(address);
}

TEST_CASE("splitting, case and scripts") {
  constexpr Parsed kAddresses[] = {
      {"a@b/c@d/e", "a", "b", "c@d/e"},
      {"b/a@c", "", "b", "a@c"},
      {"b//", "", "b", "/"},
      {"a@b/@", "a", "b", "@"},
      {"Juliet@Capulet.EXAMPLE/Balcony", "juliet", "capulet.example", "Balcony"},
      {"юлия@пример.рф/балкон", "юлия", "пример.рф", "балкон"},
      {"ЮЛИЯ@ПРИМЕР.РФ/Балкон", "юлия", "пример.рф", "Балкон"},
      {"юлия@xn--e1afmkfd.xn--p1ai/балкон", "юлия", "пример.рф", "балкон"},
      {"ｊｕｌｉｅｔ@ｅｘａｍｐｌｅ．ｃｏｍ", "juliet", "example.com", ""},
      {"juliet@example.com.", "juliet", "example.com", ""},
      {"juliet@example.com./x", "juliet", "example.com", "x"},
      {"juliet@[::1]/x", "juliet", "[::1]", "x"},
      {"juliet@127.0.0.1", "juliet", "127.0.0.1", ""},
      {"a!#$%()*+,-.;=?[\\]^_`{|}~@b", "a!#$%()*+,-.;=?[\\]^_`{|}~", "b", ""},
  };
  for (const Parsed& address : kAddresses) check_parses(address);
}

struct Refused {
  std::string_view text;
  JidError error;
};

TEST_CASE("what is no address") {
  constexpr Refused kRefused[] = {
      {"", JidError::empty_domain},
      {"juliet@", JidError::empty_domain},
      {"juliet@/foo", JidError::empty_domain},
      {"/foobar", JidError::empty_domain},
      {"@b", JidError::empty_local},
      {"@b/c", JidError::empty_local},
      {"@", JidError::empty_local},
      {"@example.com/", JidError::empty_local},
      {"b/", JidError::empty_resource},
      {"a@b/", JidError::empty_resource},
      {"\"juliet\"@example.com", JidError::bad_local},
      {"foo bar@example.com", JidError::bad_local},
      {"♚@example.com", JidError::bad_local},
      {"a\0b@example.com"sv, JidError::bad_local},
      {"a\x7f@example.com", JidError::bad_local},
      {"a＠b@example.com", JidError::bad_local},  // full-width '@'
      {"a&b@example.com", JidError::bad_local},
      {"a'b@example.com", JidError::bad_local},
      {"a:b@example.com", JidError::bad_local},
      {"a<b@example.com", JidError::bad_local},
      {"a>b@example.com", JidError::bad_local},
      {"\u00ad@example.com", JidError::bad_local},  // Nodeprep would leave nothing of it
      {"a@b@c", JidError::bad_domain},
      {"a@b c", JidError::bad_domain},
      {"a@b\0c"sv, JidError::bad_domain},
      {"a@.", JidError::bad_domain},
      {"a@b/c\0"sv, JidError::bad_resource},
      {"a@b/c\n", JidError::bad_resource},
      {"a@b/c\x7f", JidError::bad_resource},
      {"a@b/\u0085", JidError::bad_resource},
      {"a@b/\u2028", JidError::bad_resource},
      {"a@b/\ufffe", JidError::bad_resource},
      {"a@b/\U000e0001", JidError::bad_resource},
      {"a@b/\ue000", JidError::bad_resource},  // private use
      {"\xff@b", JidError::bad_utf8},
      {"a@\xc3(", JidError::bad_utf8},
      {"a@b/\xc0\xaf", JidError::bad_utf8},      // overlong '/'
      {"a@b/\xed\xa0\x80", JidError::bad_utf8},  // surrogate
      {"a@b/\xf4\x90\x80\x80", JidError::bad_utf8},
      {"a@b/\xe2\x82", JidError::bad_utf8},
  };
  for (const auto& [text, error] : kRefused) {
    CAPTURE(text);
    const auto jid = Jid::parse(text);
    REQUIRE_FALSE(jid);
    CHECK(to_string(jid.error()) == to_string(error));
  }
}

TEST_CASE("each part has at most 1,023 bytes, counted after preparation") {
  struct Limit {
    std::string fits, too_long;
  };
  // 15 labels of 63, a dot each, and one of 63: 16 * 64 - 1 = 1,023.
  const std::string long_domain = repeat(std::string(63, 'd') + ".", 15) + std::string(63, 'd');
  REQUIRE(long_domain.size() == kMaxJidPartBytes);
  const Limit kLimits[] = {
      {std::string(1023, 'a') + "@b", std::string(1024, 'a') + "@b"},
      {std::string(1023, 'A') + "@b", std::string(1024, 'A') + "@b"},
      {repeat("я", 511) + "z@b", repeat("я", 512) + "@b"},
      {repeat("ａ", 1023) + "@b", repeat("ａ", 1024) + "@b"},  // three bytes each become one
      {"b/" + std::string(1023, 'r'), "b/" + std::string(1024, 'r')},
      {"b/" + repeat("♚", 341), "b/" + repeat("♚", 341) + "r"},
      {"b/" + repeat("e\u0301", 511), "b/" + repeat("e\u0301", 512)},  // composes from three bytes to two
      {long_domain, long_domain + ".d"},
      {"a@" + long_domain + "./r", "a@" + long_domain + ".d/r"},
  };
  for (const auto& [fits, too_long] : kLimits) {
    CAPTURE(fits);
    CHECK(Jid::parse(fits));
    const auto refused = Jid::parse(too_long);
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == JidError::too_long);
  }
  const std::string endless(1U << 20U, '\xff');
  CHECK(Jid::parse("a@b/" + endless).error() == JidError::too_long);
}

TEST_CASE("views and derived addresses") {
  const Jid jid = *Jid::parse("juliet@capulet.example/balcony");
  CHECK(jid.bare() == "juliet@capulet.example");
  CHECK(jid.to_bare().full() == "juliet@capulet.example");
  CHECK(jid.view().to_bare().is_bare());
  CHECK(jid.view().to_bare().local() == "juliet");
  CHECK(jid.with_resource("no\u00a0way")->full() == "juliet@capulet.example/no way");
  CHECK(jid.with_resource("").error() == JidError::empty_resource);
  CHECK(Jid::parse("capulet.example")->with_resource("x")->full() == "capulet.example/x");
  CHECK(Jid::from_parts("", "Capulet.example", "")->full() == "capulet.example");
  CHECK(Jid::from_parts("Juliet", "capulet.example", "Balcony")->full() == "juliet@capulet.example/Balcony");
  CHECK(Jid::from_parts("a", "").error() == JidError::empty_domain);
  CHECK(Jid::from_parts("a/b", "c").error() == JidError::bad_local);
  CHECK(Jid::from_parts("a", "b/c").error() == JidError::bad_domain);
  CHECK(JidView().empty());
  CHECK(jid < *Jid::parse("romeo@capulet.example"));
}

TEST_CASE("the fast path takes the canonical ASCII form and leaves the rest to the preparation") {
  for (const std::string_view text :
       {"b", "a@b", "a@b/c", "b/c", "b/c d@e/f", "1.2.3.4", "_a.b-c.d_e", "a@b/~ "}) {
    CAPTURE(text);
    const JidView view = JidView::if_canonical_ascii(text);
    CHECK(view.full() == text);
    CHECK(view == Jid::parse(text)->view());
    CHECK(view.local() == Jid::parse(text)->local());
    CHECK(view.resource() == Jid::parse(text)->resource());
  }
  for (const std::string_view text : {"",
                                      "A@b",
                                      "a@B",
                                      "a@b.",
                                      "a@b..c",
                                      "a@.b",
                                      "a@-b",
                                      "a@b-",
                                      "xn--e1afmkfd.example",
                                      "a@b/",
                                      "@b",
                                      "a@",
                                      "a@/b",
                                      "a@b@c",
                                      "a b@c",
                                      "a@b/\x7f",
                                      "a@b/12345678\n",
                                      "a@b/ж",
                                      "ж@b",
                                      "[::1]",
                                      "a@b c"}) {
    CAPTURE(text);
    CHECK(JidView::if_canonical_ascii(text).empty());
  }
  CHECK(JidView::if_canonical_ascii(std::string(63, 'a') + "/r").has_local() == false);
  CHECK(JidView::if_canonical_ascii(std::string(64, 'a')).empty());
}

}  // namespace
}  // namespace vestnik
