#include "proto/jid/precis.h"

#include <doctest/doctest.h>

#include "proto/jid/jid.h"

namespace vestnik {
namespace {

struct Mapping {
  std::string_view text, prepared;
};

TEST_CASE("UsernameCaseMapped: what it maps") {
  constexpr Mapping kMappings[] = {
      {"juliet@example.com", "juliet@example.com"},  // RFC 8265 §3.5; '@' is excluded by RFC 7622 only
      {"fussball", "fussball"},
      {"fußball", "fußball"},
      {"ẞ", "ß"},
      {"π", "π"},
      {"Σ", "σ"},
      {"ΟΔΥΣΣΕΥΣ", "οδυσσευς"},  // a capital sigma at the end of a word is a final one
      {"ς", "ς"},
      {"ЮЛИЯ", "юлия"},
      {"İ", "i\u0307"},
      {"I", "i"},  // not the Turkish dotless one
      {"ı", "ı"},
      {"\U00010400", "\U00010428"},  // Deseret
      {"ＪＵＬＩＥＴ", "juliet"},
      {"ｶﾞ", "ガ"},
      {"A\u030A", "å"},
      {"а\u0301", "а\u0301"},
      {"e\u0301", "é"},
      {"ѐ", "ѐ"},
      {"\u0435\u0300", "\u0450"},
      {"שלום", "שלום"},
      {"日本語", "日本語"},
      {"\u1112\u1161\u11ab", "한"},  // allowed for what it composes to
      {"\u212aelvin", "kelvin"},     // has a lower case, and that is plain
      {"한국어", "한국어"},
  };
  for (const auto& [text, prepared] : kMappings) {
    CAPTURE(text);
    CHECK(precis::username_case_mapped(text) == prepared);
  }
}

TEST_CASE("UsernameCaseMapped: what it refuses") {
  for (const std::string_view text : {
           "",
           "foo bar",
           "henry\u2163",  // a Roman numeral has a compatibility form
           "♚",            // symbols
           "a\u00a0b",     // no-break space
           "a\u3000b",     // wide space
           "ﬁ",            // ligature
           "a\u00ad",      // soft hyphen
           "a\u200b",      // zero-width space
           "\u1100",       // conjoining jamo alone
           "a\u0378",      // unassigned
           "\ufdd0",       // noncharacter
           "a\ue000",      // private use
           "\u0640",       // Arabic tatweel
           "\xff",
           "a\x01",
       }) {
    CAPTURE(text);
    CHECK_FALSE(precis::username_case_mapped(text));
  }
}

TEST_CASE("the Bidi Rule of RFC 5893") {
  constexpr std::string_view kObeying[] = {"אב",  "א1", "א\u0661", "ا\u0660", "اب\u064b",
                                           "א-ב", "1",  "a1-",     "-",       "a1ж"};
  for (const std::string_view text : kObeying) {
    CAPTURE(text);
    CHECK(precis::username_case_mapped(text));
  }
  for (const std::string_view text : {
           "aא",        // begins left-to-right
           "אa",        // mixes
           "1א",        // begins with a digit
           "א-",        // ends with a neutral
           "א1\u0660",  // both kinds of digits
           "\u0660",    // an Arabic digit alone
           "\u0660a",
           "\u05b0א",  // begins with a mark
       }) {
    CAPTURE(text);
    CHECK_FALSE(precis::username_case_mapped(text));
  }
}

TEST_CASE("the contextual rules of RFC 5892, appendix A") {
  struct Context {
    std::string_view allowed, refused;
  };
  constexpr Context kContexts[] = {
      {"\u0915\u094d\u200c\u0937", "\u0915\u200c\u0937"},  // A.1 ZWNJ: after a virama
      {"\u0628\u200c\u0628", "\u0628\u200c"},              // or between joining letters
      {"\u0628\u064e\u200c\u064e\u0628",
       "\u0627\u200c\u0628"},                              // with transparent marks; alef does not join left
      {"\u0915\u094d\u200d\u0937", "\u0915\u200d\u0937"},  // A.2 ZWJ
      {"l·l", "l·a"},                                      // A.3 middle dot
      {"\u0375α", "α\u0375"},                              // A.4 keraia
      {"א\u05f3", "\u05f3א"},                              // A.5 geresh
      {"א\u05f4ב", "\u05f4א"},                             // A.6 gershayim
      {"ア\u30fb", "a\u30fb"},                             // A.7 katakana middle dot
      {"漢\u30fb", "\u30fb"},                              //
      {"\u0627\u0661\u0662", "\u0627\u0661\u06f2"},        // A.8, A.9: rows of digits do not mix
      {"\u0627\u06f1\u06f2", "\u0627\u06f1\u0662"},        //
  };
  for (const auto& [allowed, refused] : kContexts) {
    CAPTURE(allowed);
    CHECK(precis::username_case_mapped(allowed));
    CHECK_FALSE(precis::username_case_mapped(refused));
    CHECK_FALSE(precis::opaque_string(refused));
  }
}

TEST_CASE("OpaqueString") {
  constexpr Mapping kMappings[] = {
      {"Balcony", "Balcony"},
      {"correct horse battery staple", "correct horse battery staple"},  // RFC 8265 §4.3
      {"Correct Horse Battery Staple", "Correct Horse Battery Staple"},
      {"πßå", "πßå"},
      {"A\u030A", "Å"},
      {"Jack of ♦s", "Jack of ♦s"},
      {"foo\u1680bar", "foo bar"},
      {"a\u00a0\u3000b", "a  b"},
      {" ", " "},
      {"ＡⅣﬁ", "ＡⅣﬁ"},  // compatibility forms stay
      {"Σς", "Σς"},
      {"аב", "аב"},  // no Bidi Rule
      {"🍺", "🍺"},
  };
  for (const auto& [text, prepared] : kMappings) {
    CAPTURE(text);
    CHECK(precis::opaque_string(text) == prepared);
  }
  for (const std::string_view text :
       {"", "my cat is a \tby", "a\x7f", "\u061cx", "a\u200b", "\u0378", "\xc3"}) {
    CAPTURE(text);
    CHECK_FALSE(precis::opaque_string(text));
  }
}

TEST_CASE("Nodeprep bridges what PRECIS refuses, if PRECIS likes the result") {
  constexpr Mapping kBridged[] = {{"henry\u2163", "henryiv"}, {"ﬁsh", "fish"}, {"sof\u00adt", "soft"}};
  for (const auto& [text, prepared] : kBridged) {
    CAPTURE(text);
    CHECK_FALSE(precis::username_case_mapped(text));
    CHECK(prepare_local(text) == prepared);
  }
  for (const std::string_view text :
       {"a＜b", "℀", "ﷺ", "♚", "a\u2024\u3000b"}) {  // "a/c", words with spaces between
    CAPTURE(text);
    CHECK_FALSE(prepare_local(text));
  }
  CHECK(precis::nodeprep("ς") == "σ");
  CHECK(prepare_local("ς") == "ς");  // PRECIS allows it, so it is not bridged
}

}  // namespace
}  // namespace vestnik
