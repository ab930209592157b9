#include "proto/xml/writer.h"

#include <doctest/doctest.h>

#include "proto/stream/error.h"

namespace vestnik::xml {
namespace {

std::string escaped_text(std::string_view text) {
  std::string out;
  append_text(out, text);
  return out;
}

std::string escaped_attr(std::string_view value) {
  std::string out;
  append_attr(out, value);
  return out;
}

TEST_CASE("text and values are escaped, what XML forbids is dropped") {
  CHECK(escaped_text("a<b>&c'd\"\t\n\r") == "a&lt;b&gt;&amp;c'd\"\t\n&#13;");
  CHECK(escaped_attr("a<b>&c'd\"\t\n\r") == "a&lt;b&gt;&amp;c&apos;d&quot;&#9;&#10;&#13;");
  CHECK(escaped_text("\xD0\x9F \xE2\x82\xAC \xF0\x9F\x98\x80") == "\xD0\x9F \xE2\x82\xAC \xF0\x9F\x98\x80");
  CHECK(escaped_text("a\x01\x1F"
                     "b\x7F"
                     "c") ==
        "ab\x7F"
        "c");
  CHECK(escaped_attr(std::string_view("a\0b", 3)) == "ab");
  CHECK(escaped_text("a\xEF\xBF\xBE"
                     "b\xED\xA0\x80"
                     "c\xC0\x80"
                     "d\xFF\xE2\x82") == "abcd");
  CHECK(escaped_text("long enough for whole blocks & then some more of it, \xC3\xA9t\xC3\xA9") ==
        "long enough for whole blocks &amp; then some more of it, \xC3\xA9t\xC3\xA9");
}

TEST_CASE("values are unescaped") {
  CHECK(unescape("") == "");
  CHECK(unescape("a&amp;&lt;&gt;&quot;&apos;&#65;&#x1f600;\t\r\nb") == "a&<>\"'A\xF0\x9F\x98\x80  b");
  CHECK(unescape("&#0000000000065;") == "A");
  for (const std::string_view bad :
       {"&", "&amp", "&nbsp;", "&#;", "&#0;", "&#xD800;", "& ", "&#00000000000065;"}) {
    CHECK(!unescape(bad));
  }
}

TEST_CASE("elements") {
  std::string out = "before";
  Writer w(out);
  w.open("iq").attr("id", "a'b").attr_if("to", "").attr("n", std::uint64_t{18446744073709551615U});
  w.open("query", "u&v")
      .leaf("empty")
      .leaf("full", "<", "w")
      .open("text")
      .text("")
      .text("x")
      .text("y")
      .close()
      .close();
  w.raw("").raw("<raw/>").close();
  CHECK(out ==
        "before<iq id='a&apos;b' n='18446744073709551615'><query xmlns='u&amp;v'><empty/><full "
        "xmlns='w'>&lt;</full>"
        "<text>xy</text></query><raw/></iq>");
}

TEST_CASE("copies are self-contained") {
  struct Row {
    std::string_view bytes;
    std::string_view parent_ns;
    std::string_view copy;
  };
  const std::vector<std::pair<std::string, std::string>> prefixes{{"e", "urn:e"}, {"f", "urn:f"}};
  for (const Row& row : {
           // the default namespace is declared where it differs, and only there
           Row{"<a b='c'/>", "urn:d", "<a b='c'/>"},
           Row{"<a b='c'/>", "urn:other", "<a xmlns='urn:d' b='c'/>"},
           Row{"<a xmlns='urn:d'><b xmlns='u'/></a>", "urn:d", "<a><b xmlns='u'/></a>"},
           Row{"<a xmlns=''/>", "", "<a/>"},
           Row{"<a xmlns=''/>", "urn:d", "<a xmlns=''/>"},
           // an outer prefix is declared where it is used
           Row{"<e:a/>", "urn:d", "<e:a xmlns:e='urn:e'/>"},
           Row{"<a><e:b f:c='' e:d=''><e:g/></e:b></a>", "urn:d",
               "<a><e:b f:c='' e:d='' xmlns:e='urn:e' xmlns:f='urn:f'><e:g/></e:b></a>"},
           Row{"<a><e:b/><b xmlns:e='u'><e:c/></b><e:d/></a>", "urn:d",
               "<a><e:b xmlns:e='urn:e'/><b xmlns:e='u'><e:c/></b><e:d xmlns:e='urn:e'/></a>"},
           // an unprefixed element under a prefixed one is still in the outer default namespace
           Row{"<e:a xmlns:e='u'><b/></e:a>", "urn:other", "<e:a xmlns='urn:d' xmlns:e='u'><b/></e:a>"},
           // content
           Row{"<a> <b>\r\n</b>&amp;<![CDATA[<c>]]><d>&#13;</d></a>", "urn:d",
               "<a> <b>\n</b>&amp;&lt;c&gt;<d>&#13;</d></a>"},
           Row{"<a xml:lang='en' b='\t&#9;'/>", "urn:d", "<a xml:lang='en' b=' &#9;'/>"},
           Row{"<a><b><c/>x</b>y</a>", "urn:d", "<a><b><c/>x</b>y</a>"},
       }) {
    Document document;
    std::string out;
    Writer(out).copy(document.parse(row.bytes, "urn:d", &prefixes), row.parent_ns);
    CHECK(out == row.copy);
  }
}

TEST_CASE("a copy of an inner element takes along what its ancestors bind") {
  Document document;
  const Element root =
      document.parse("<a xmlns='u' xmlns:p='v'><b xmlns:q='w'><p:c q:d='' e=''/><f/></b></a>");
  std::string out;
  Writer w(out);
  w.open("x", "y")
      .copy(root.child("b").first_child(), "y")
      .copy(root.child("b").child("f"), "y")
      .copy({}, "y")
      .close();
  CHECK(out == "<x xmlns='y'><p:c xmlns='u' q:d='' e='' xmlns:p='v' xmlns:q='w'/><f xmlns='u'/></x>");
}

TEST_CASE("a copy without its prefix leaves what is inside in its namespaces") {
  struct Row {
    std::string_view bytes;
    std::string_view copy;
  };
  const std::vector<std::pair<std::string, std::string>> prefixes{{"e", "urn:e"}};
  for (const Row& row : {
           Row{"<a b='c'>x<d/></a>", "<a b='c'>x<d/></a>"},
           Row{"<a/>", "<a/>"},
           Row{"<a xmlns='urn:d'><b/></a>", "<a><b/></a>"},
           Row{"<e:a><b/><e:c/></e:a>",
               "<a xmlns:e='urn:e'><b xmlns='urn:d'/><e:c xmlns='urn:d' xmlns:e='urn:e'/></a>"},
           Row{"<f:a xmlns='u' xmlns:f='v' f:g=''><b>&lt;</b><f:c/></f:a>",
               "<a xmlns:f='v' f:g=''><b xmlns='u'>&lt;</b><f:c xmlns='u' xmlns:f='v'/></a>"},
       }) {
    CAPTURE(row.bytes);
    Document document;
    std::string out;
    Writer(out).copy_unprefixed(document.parse(row.bytes, "urn:d", &prefixes));
    CHECK(out == row.copy);
  }
}

TEST_CASE("stream errors") {
  CHECK(StreamError{.condition = StreamCondition::not_well_formed, .text = "a < b", .app = "<x xmlns='u'/>"}
            .to_xml() ==
        "<stream:error><not-well-formed xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text "
        "xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>a &lt; b</text><x "
        "xmlns='u'/></stream:error>");
  CHECK(StreamError{.condition = StreamCondition::reset, .text = ""}.to_xml() ==
        "<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
  CHECK(
      StreamError{.condition = StreamCondition::see_other_host, .text = "[::1]:5222"}.to_xml() ==
      "<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>[::1]:5222</see-other-host>"
      "</stream:error>");
  CHECK(to_string(StreamCondition::bad_format) == "bad-format");
  CHECK(to_string(StreamCondition::unsupported_version) == "unsupported-version");
}

}  // namespace
}  // namespace vestnik::xml
