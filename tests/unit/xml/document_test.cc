#include "proto/xml/document.h"

#include <doctest/doctest.h>

#include "proto/xml/writer.h"

namespace vestnik::xml {
namespace {

using Attributes = std::vector<std::pair<std::string_view, std::string_view>>;

TEST_CASE("names, namespaces and attributes") {
  Document document;
  const Element iq = document.parse(
      "<iq type='get' xml:lang='en'><query xmlns='u' v='&lt;&#x41;&#10;'><item p:a='1' a='2' "
      "xmlns:p='v'/><p:item "
      "xmlns:p='v'/><item/></query></iq>");
  REQUIRE(iq);
  CHECK(iq.is("iq", "jabber:client"));
  CHECK(iq.attr("type") == "get");
  CHECK(iq.attr("xml:lang") == "en");
  CHECK(!iq.attr("lang"));
  CHECK(iq.attr_or_empty("to").empty());
  CHECK(iq.child_count() == 1);
  CHECK(!iq.child("query"));
  const Element query = iq.child("query", "u");
  REQUIRE(query);
  CHECK(query.attr("v") == "<A\n");
  CHECK(query.child_count() == 3);
  CHECK(query.child("item").attr("a") == "2");
  CHECK(query.child("item").attributes() == Attributes{{"p:a", "1"}, {"a", "2"}, {"xmlns:p", "v"}});
  CHECK(query.child("item", "v").name() == "item");
  std::string namespaces;
  for (const Element item : query.children()) namespaces += item.ns();
  CHECK(namespaces == "uvu");
}

TEST_CASE("what is bound outside") {
  Document document;
  const std::vector<std::pair<std::string, std::string>> prefixes{{"", "ignored"}, {"e", "urn:e"}};
  Element root = document.parse("<a><e:b/><c xmlns=''/><xml:d/><f:g/></a>", "urn:d", &prefixes);
  CHECK(root.ns() == "urn:d");
  CHECK(root.child("b", "urn:e"));
  CHECK(root.child("c", ""));
  CHECK(root.child("d", "http://www.w3.org/XML/1998/namespace"));
  CHECK(root.child("g", ""));
  CHECK(document.parse("<e:a/>").ns().empty());
}

TEST_CASE("text is what XML says it is") {
  Document document;
  const auto text = [&](std::string_view bytes) { return document.parse(bytes).text(); };
  CHECK(text("<a> </a>") == " ");
  CHECK(text("<a>\n x <b>y</b>\t</a>") == "\n x \t");
  CHECK(text("<a>1 &lt; 2 &amp;&#38;&#x1F600;</a>") == "1 < 2 &&\xF0\x9F\x98\x80");
  CHECK(text("<a>x<![CDATA[&amp;<y>]]>z</a>") == "x&amp;<y>z");
  CHECK(text("<a>1\r\n2\r3&#13;\n<![CDATA[\r\n]]></a>") == "1\n2\n3\r\n\n");
  CHECK(text("<a/>").empty());
  CHECK(document.parse("<a b='\t1\r\n2\n&#9;'/>").attr("b") == " 1 2 \t");
}

TEST_CASE("none answers everything with nothing") {
  const Element none;
  CHECK(!none);
  CHECK(none.name().empty());
  CHECK(none.ns().empty());
  CHECK(!none.is("", ""));
  CHECK(!none.attr("a"));
  CHECK(none.attributes().empty());
  CHECK(none.text().empty());
  CHECK(!none.first_child());
  CHECK(!none.next());
  CHECK(!none.child("a"));
  CHECK(none.child_count() == 0);
}

TEST_CASE("damaged bytes give none") {
  Document document;
  for (const std::string_view bytes :
       {"", "x", "<a>", "<a></b>", "</a>", "<a/><b/>", "<a/> ", "<a>&x;</a>", "<a>\xFF</a>", "<!-- --><a/>",
        "<![CDATA[]]>", "<?xml version='1.0'?><a/>"}) {
    CAPTURE(bytes);
    CHECK(!document.parse(bytes));
    CHECK(!document.root());
  }
}

TEST_CASE("a document is used again and may move") {
  Document first;
  std::string bytes = "<a b='c'/>";
  const Element a = first.parse(bytes);
  bytes.assign(bytes.size(), 'x');
  Document second = std::move(first);
  CHECK(a.attr("b") == "c");
  CHECK(second.root().name() == "a");
  CHECK(second.parse("<d/>").name() == "d");
  CHECK(!second.root().attr("b"));
  second.clear();
  CHECK(!second.root());
}

TEST_CASE("depth and size cost no stack") {
  constexpr int kDepth = 200'000;
  std::string bytes;
  for (int i = 0; i < kDepth; ++i) bytes += "<a>";
  for (int i = 0; i < kDepth; ++i) bytes += "</a>";
  Document document;
  const Element root = document.parse(bytes, "");
  REQUIRE(root);
  std::string copy;
  Writer(copy).copy(root, "");
  CHECK(copy.size() == bytes.size() - std::string_view("</a>").size() + 1);  // the innermost is <a/> now
}

}  // namespace
}  // namespace vestnik::xml
