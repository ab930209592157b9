#include <doctest/doctest.h>

#include "proto/jid/jid.h"

namespace vestnik {
namespace {

TEST_CASE("domains have one canonical and one DNS form") {
  struct Forms {
    std::string_view text, canonical, ascii;
  };
  const std::string longest_label(63, 'a');
  const Forms kForms[] = {
      {"example.com", "example.com", "example.com"},
      {"EXAMPLE.Com.", "example.com", "example.com"},
      {"localhost", "localhost", "localhost"},
      {"ПРИМЕР.РФ", "пример.рф", "xn--e1afmkfd.xn--p1ai"},
      {"XN--E1AFMKFD.xn--p1ai", "пример.рф", "xn--e1afmkfd.xn--p1ai"},
      {"пример。рф．", "пример.рф", "xn--e1afmkfd.xn--p1ai"},
      {"conference.пример.рф", "conference.пример.рф", "conference.xn--e1afmkfd.xn--p1ai"},
      {"bücher.example", "bücher.example", "xn--bcher-kva.example"},
      {"bu\u0308cher.example", "bücher.example", "xn--bcher-kva.example"},
      {"straße.example", "straße.example", "xn--strae-oqa.example"},  // IDNA2008 keeps it
      {"ΒΌΛΟΣ.example", "βόλοσ.example", "xn--nxasmq6b.example"},     // UTS 46 folds letter by letter
      {"βόλος.example", "βόλος.example", "xn--nxasmm1c.example"},
      {"ｅｘａｍｐｌｅ.com", "example.com", "example.com"},
      {"実例.jp", "実例.jp", "xn--fsq470a.jp"},
      {"בית.il", "בית.il", "xn--5dbq5c.il"},
      {"_xmpp._tcp.example", "_xmpp._tcp.example", "_xmpp._tcp.example"},
      {"r3---sn.example", "r3---sn.example", "r3---sn.example"},
      {longest_label, longest_label, longest_label},
      {"127.0.0.1", "127.0.0.1", "127.0.0.1"},
      {"[::1]", "[::1]", "[::1]"},
      {"[2001:DB8:0:0::1]", "[2001:db8::1]", "[2001:db8::1]"},
      {"[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]"},
  };
  for (const auto& [text, canonical, ascii] : kForms) {
    CAPTURE(text);
    CHECK(prepare_domain(text) == canonical);
    CHECK(prepare_domain(canonical) == canonical);
    CHECK(domain_to_ascii(text) == ascii);
    CHECK(domain_to_ascii(canonical) == ascii);
    CHECK(prepare_domain(ascii) == canonical);
  }
}

TEST_CASE("what is no domain") {
  const std::string too_long_label(64, 'a');
  std::string too_long_in_ascii;
  for (int i = 0; i < 59; ++i) too_long_in_ascii += "ж";  // fits as it is, not as an A-label
  const std::string_view kRefused[] = {
      "",
      ".",
      "..",
      ".example",
      "a..b",
      "example..",
      "-a.example",
      "a-.example",
      "a b",
      "a@b",
      "a!b",
      "a\tb",
      too_long_label,
      too_long_in_ascii,
      "💩.la",  // symbols are not for IDNA2008
      "a♥b",
      "xn--ls8h.la",  // nor in disguise
      "xn--",         // no punycode
      "xn--a",
      "xn--80-",
      "xn--example-",  // decodes to plain ASCII
      "xn--E1AFMKFD\u00e9",
      "é_x",
      "aא",  // the Bidi Rule
      "0א",
      "a\u200db",  // a joiner joining nothing
      "a·b",
      "\u0660\u06f0",
      "\u0301a",   // begins with a mark
      "a\u2024b",  // maps to a dot
      "a\u20e1",   // a mark for symbols
      "⒈",
      "\u00ad",  // maps to nothing
      "[::1",
      "::1]",
      "[]",
      "[::1].",
      "[::1]x",
      "[127.0.0.1]",
      "[fe80::1%lo]",
      "[v1.x]",
      "[::1]:5222",
  };
  for (const std::string_view domain : kRefused) {
    CAPTURE(domain);
    CHECK_FALSE(prepare_domain(domain));
    CHECK_FALSE(domain_to_ascii(domain));
  }
}

TEST_CASE("the tables have a version") { CHECK(jid_tables_version().starts_with("unicode-")); }

}  // namespace
}  // namespace vestnik
