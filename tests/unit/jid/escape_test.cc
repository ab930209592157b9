#include "proto/jid/escape.h"

#include <doctest/doctest.h>

namespace vestnik {

TEST_CASE("XEP-0106: the characters that localparts forbid") {
  CHECK(jid_escape("here's_a_wild_&_/cr%zy/_address") == "here\\27s_a_wild_\\26_\\2fcr%zy\\2f_address");
  CHECK(jid_escape("space cadet") == "space\\20cadet");
  CHECK(jid_escape("call me \"ishmael\"") == "call\\20me\\20\\22ishmael\\22");
  CHECK(jid_escape("treasure:<@x>") == "treasure\\3a\\3c\\40x\\3e");
  CHECK(jid_escape(" around ") == "around");
  CHECK(jid_unescape("here\\27s_a_wild_\\26_\\2fcr%zy\\2f_address") == "here's_a_wild_&_/cr%zy/_address");
}

TEST_CASE("XEP-0106: a backslash is escaped only where it would begin a sequence") {
  CHECK(jid_escape("c:\\net") == "c\\3a\\net");
  CHECK(jid_escape("c:\\cool stuff") == "c\\3a\\cool\\20stuff");
  CHECK(jid_escape("c:\\5commas") == "c\\3a\\5c5commas");
  CHECK(jid_unescape("c\\3a\\5c5commas") == "c:\\5commas");
  CHECK(jid_unescape("\\2plus\\2is\\4") == "\\2plus\\2is\\4");
  CHECK(jid_unescape("foo\\bar") == "foo\\bar");
  CHECK(jid_unescape("foo\\2Fbar") == "foo\\2Fbar");
  CHECK(jid_unescape("\\") == "\\");
  CHECK(jid_unescape("\\2") == "\\2");
}

TEST_CASE("XEP-0106: spaces at the ends are not unescaped") {
  CHECK(jid_unescape("\\20x\\20") == "\\20x\\20");
  CHECK(jid_unescape("a\\20b") == "a b");
}

TEST_CASE("XEP-0106: what was escaped comes back") {
  for (const std::string_view text :
       {"\\20", "\\\\20", "a\\5cb", "\\5c20", "O'Hara & \"sons\"", "<a@b:c/d>"}) {
    CHECK(jid_unescape(jid_escape(text)) == text);
  }
}

}  // namespace vestnik
