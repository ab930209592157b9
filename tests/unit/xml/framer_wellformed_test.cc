// What is XML and what is not, as tables. Every row is also given cut at each of its bytes.
#include <doctest/doctest.h>

#include "tests/unit/xml/cuts.h"

namespace vestnik::xml {
namespace {

using namespace std::string_view_literals;
using enum StreamCondition;

struct Refused {
  std::string_view bytes;
  StreamCondition condition;
};

// The last condition that came, in any cutting; empty if none did.
std::string condition_of(std::string_view bytes) {
  const auto events = events_of_all_cuts([] { return Framer(XmlLimits{}, false); }, bytes);
  if (events.empty()) return {};
  return events.back().substr(0, events.back().find(':'));
}

constexpr std::string_view kAccepted[] = {
    "<a/>",
    "<a />",
    "<a></a>",
    "<a\n></a\t>",
    "<a b='1'/>",
    "<a b = \"1\"\n\tc\r=\r'2' />",
    // names
    "<_/>",
    "<a-b.c_1/>",
    "<\xC3\xA9t\xC3\xA9/>",
    "<a\xC2\xB7/>",
    "<a\xCC\x80/>",
    "<\xF0\x90\x80\x80/>",
    "<p:a xmlns:p='u'/>",
    "<a xmlns:p='u' p:b=''/>",
    "<XML/>",
    "<a xmlns:xmlfoo='u'/>",
    // attribute values
    "<a b='\"' c=\"'\"/>",
    "<a b='>'/>",
    "<a b=']]>'/>",
    "<a b='&lt;&#60;&#x3C;&#x3c;&amp;&gt;&quot;&apos;'/>",
    "<a b='x\ty\nz\rw'/>",
    "<a b='\xD0\x9F\xD1\x80\xD0\xB8\xE2\x82\xAC\xF0\x9F\x98\x80'/>",
    "<a b='\x7F'/>",
    // text
    "<a>x</a>",
    "<a> \t\r\n </a>",
    "<a>]]</a>",
    "<a>]]&gt;</a>",
    "<a>]&#93;></a>",
    "<a>]> ]></a>",
    "<a>></a>",
    "<a>'\"</a>",
    "<a>&#9;&#10;&#13;&#x10FFFF;&#xFFFD;</a>",
    "<a>\xEF\xBB\xBF</a>",
    "<a>\xC2\x80\xC2\x9F</a>",
    "<a>\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBD\xF4\x8F\xBF\xBF</a>",
    "<a>x<b>y</b>z<c/></a>",
    // CDATA
    "<a><![CDATA[]]></a>",
    "<a><![CDATA[<b>&nbsp;]]]]></a>",
    "<a>]<![CDATA[]]]>]></a>",
    "<a><![CDATA[]]>></a>",
    "<a><![CDATA[x]]><![CDATA[]>]]></a>",
    // namespaces
    "<a xmlns=''/>",
    "<a xmlns='u'><b xmlns=''/></a>",
    "<a xml:lang='en'/>",
    "<xml:a/>",
    "<a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>",
    "<a xmlns:xml='http://www.w3.org/XML/1998/n&#97;mespace' xml:b=''/>",
    "<p:a p:b='1' b='2' xmlns:p='u'/>",
    "<a xmlns:p='u' xmlns:q='v' p:b='' q:b=''/>",
    "<a xmlns='u' xmlns:p='u' p:b='' b=''/>",
    "<a xmlns:p='u'><b xmlns:p='v' p:c=''/><p:d/></a>",
    // the beginning
    "<?xml version='1.0'?><a/>",
    "<?xml version=\"1.0\" encoding='uTf-8' standalone='no' ?>\n<a/>",
    "<?xml\tversion = '1.1'?><a/>",
    "\xEF\xBB\xBF<?xml version='1.0'?><a/>",
    "\xEF\xBB\xBF<a/>",
    " \r\n\t<a/> <b/> ",
};

constexpr Refused kRefused[] = {
    // tags
    {"<>", not_well_formed},
    {"< a/>", not_well_formed},
    {"<1/>", not_well_formed},
    {"<-a/>", not_well_formed},
    {"<a/ >", not_well_formed},
    {"<a/b/>", not_well_formed},
    {"<a<b/>", not_well_formed},
    {"<a!/>", not_well_formed},
    {"</a>", not_well_formed},
    {"<a></b>", not_well_formed},
    {"<a></A>", not_well_formed},
    {"<a></ a>", not_well_formed},
    {"<a></a b=''>", not_well_formed},
    {"<a></a/>", not_well_formed},
    {"<a><b></a></b>", not_well_formed},
    {"<a></aa>", not_well_formed},
    {"<aa></a>", not_well_formed},
    {"<&a/>", not_well_formed},
    {"<a>< /a>", not_well_formed},
    // names
    {"<\xC3\x97/>", not_well_formed},
    {"<a\xC3\xB7/>", not_well_formed},
    {"<\xC2\xB7/>", not_well_formed},
    {"<\xCC\x80/>", not_well_formed},
    {"<a\xEF\xBF\xBE/>", not_well_formed},
    {"<a\x01/>", not_well_formed},
    {"<:a/>", not_well_formed},
    {"<a:/>", not_well_formed},
    {"<a::b/>", not_well_formed},
    {"<a:b:c/>", not_well_formed},
    {"<a:1/>", not_well_formed},
    {"<a :b=''/>", not_well_formed},
    {"<a b:=''/>", not_well_formed},
    {"<a xmlns:=''/>", not_well_formed},
    {"<a b:c:d=''/>", not_well_formed},
    {"<a 1=''/>", not_well_formed},
    {"<a>\x7F</a\x7F>", not_well_formed},
    // attributes
    {"<a b/>", not_well_formed},
    {"<a b=/>", not_well_formed},
    {"<a b=c/>", not_well_formed},
    {"<a b='c/>'<", not_well_formed},
    {"<a b='<'/>", not_well_formed},
    {"<a b='1'c='2'/>", not_well_formed},
    {"<a b='1'b='2'/>", not_well_formed},
    {"<a 'b'/>", not_well_formed},
    {"<a =''/>", not_well_formed},
    {"<a b=''''/>", not_well_formed},
    {"<a b='1' b='2'/>", not_well_formed},
    {"<a b='1' c='' b='1'/>", not_well_formed},
    {"<a xmlns='u' xmlns='u'/>", not_well_formed},
    {"<a b c=''/>", not_well_formed},
    {"<a b='\x01'/>", not_well_formed},
    {"<a b='&#0;'/>", not_well_formed},
    {"<a b='&'/>", not_well_formed},
    {"<a b='&amp'/>", not_well_formed},
    {"<a b=`1`/>", not_well_formed},
    // text
    {"<a>]]></a>", not_well_formed},
    {"<a>x]]]></a>", not_well_formed},
    {"<a><b/>]]></a>", not_well_formed},
    {"<a>&</a>", not_well_formed},
    {"<a>& </a>", not_well_formed},
    {"<a>&;</a>", not_well_formed},
    {"<a>&amp </a>", not_well_formed},
    {"<a>&am </a>", not_well_formed},
    {"<a>&1;</a>", not_well_formed},
    {"<a>&#;</a>", not_well_formed},
    {"<a>&#x;</a>", not_well_formed},
    {"<a>&#X41;</a>", not_well_formed},
    {"<a>&#4 1;</a>", not_well_formed},
    {"<a>&#4a;</a>", not_well_formed},
    {"<a>&#-1;</a>", not_well_formed},
    {"<a>&#0;</a>", not_well_formed},
    {"<a>&#8;</a>", not_well_formed},
    {"<a>&#xD800;</a>", not_well_formed},
    {"<a>&#xDFFF;</a>", not_well_formed},
    {"<a>&#xFFFE;</a>", not_well_formed},
    {"<a>&#xFFFF;</a>", not_well_formed},
    {"<a>&#x110000;</a>", not_well_formed},
    {"<a>&#4294967361;</a>", not_well_formed},
    {"<a>&#x100000041;</a>", not_well_formed},
    {"<a>\0</a>"sv, not_well_formed},
    {"<a>\x08</a>", not_well_formed},
    {"<a>\x0B</a>", not_well_formed},
    {"<a>\x0C</a>", not_well_formed},
    {"<a>\x1F</a>", not_well_formed},
    {"<a>\xEF\xBF\xBE</a>", not_well_formed},
    {"<a>\xEF\xBF\xBF</a>", not_well_formed},
    // CDATA
    {"<a><![CDATA[\x01]]></a>", not_well_formed},
    {"<a><![CDATA ]]></a>", not_well_formed},
    {"<a><![cdata[]]></a>", not_well_formed},
    {"<a><![CDATA[]]</a>]]>]]></a>", not_well_formed},
    {"<a><![INCLUDE[]]></a>", not_well_formed},
    {"<![CDATA[]]>", not_well_formed},
    {"<a/><![CDATA[x]]>", not_well_formed},
    // UTF-8
    {"<a>\x80</a>", bad_format},
    {"<a>\xBF</a>", bad_format},
    {"<a>\xC0\x80</a>", bad_format},
    {"<a>\xC1\xBF</a>", bad_format},
    {"<a>\xC3</a>", bad_format},
    {"<a>\xE0\x80\x80</a>", bad_format},
    {"<a>\xE0\x9F\xBF</a>", bad_format},
    {"<a>\xE2\x82</a>", bad_format},
    {"<a>\xED\xA0\x80</a>", bad_format},
    {"<a>\xED\xBF\xBF</a>", bad_format},
    {"<a>\xF0\x80\x80\x80</a>", bad_format},
    {"<a>\xF0\x8F\xBF\xBF</a>", bad_format},
    {"<a>\xF4\x90\x80\x80</a>", bad_format},
    {"<a>\xF5\x80\x80\x80</a>", bad_format},
    {"<a>\xFE</a>", bad_format},
    {"<a>\xFF</a>", bad_format},
    {"<a>\xF8\x88\x80\x80\x80</a>", bad_format},
    {"<a>\xC3\xC3</a>", bad_format},
    {"<a b='\xC0\x80'/>", bad_format},
    {"<a\xC0\x80/>", bad_format},
    {"<\x80/>", bad_format},
    {"<a><![CDATA[\xE9]]></a>", bad_format},
    {"<a></a\xE9>", bad_format},
    // namespaces
    {"<p:a/>", not_well_formed},
    {"<a p:b=''/>", not_well_formed},
    {"<a><p:b xmlns:p='u'/><p:c/></a>", not_well_formed},
    {"<a xmlns:p=''/>", not_well_formed},
    {"<a xmlns:xml='u'/>", not_well_formed},
    {"<a xmlns:xml=''/>", not_well_formed},
    {"<a xmlns:xmlns='u'/>", not_well_formed},
    {"<a xmlns:xmlns='http://www.w3.org/2000/xmlns/'/>", not_well_formed},
    {"<a xmlns='http://www.w3.org/2000/xmlns/'/>", not_well_formed},
    {"<a xmlns:p='http://www.w3.org/2000/xmlns/'/>", not_well_formed},
    {"<a xmlns='http://www.w3.org/XML/1998/namespace'/>", not_well_formed},
    {"<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>", not_well_formed},
    {"<a xmlns:p='http://www.w3.org/XML/1998/n&#x61;mespace'/>", not_well_formed},
    {"<xmlns:a/>", not_well_formed},
    {"<a xmlns:p='u' p:b='' p:b=''/>", not_well_formed},
    {"<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>", not_well_formed},
    {"<a xmlns:p='u' xmlns:q='&#117;' p:b='' q:b=''/>", not_well_formed},
    {"<a xmlns:p='u\tv' xmlns:q='u v' p:b='' q:b=''/>", not_well_formed},
    {"<a xmlns:p='u'><b xmlns:q='u' p:c='' q:c=''/></a>", not_well_formed},
    {"<a xmlns:p='u' xmlns:p='v'/>", not_well_formed},
    // what XMPP forbids of XML
    {"<!-- x --><a/>", restricted_xml},
    {"<a><!-- x --></a>", restricted_xml},
    {"<a/><!-", restricted_xml},
    {"<!DOCTYPE a><a/>", restricted_xml},
    {"<!D", restricted_xml},
    {"<a><?x?></a>", restricted_xml},
    {"<?x?>", restricted_xml},
    {"<?xml?><a/>", restricted_xml},
    {"<a/><?x y?>", restricted_xml},
    {"<?xml-stylesheet?>", restricted_xml},
    {" <?xml version='1.0'?><a/>", restricted_xml},
    {"<a/><?xml version='1.0'?><a/>", restricted_xml},
    {"<a><?xml version='1.0'?></a>", restricted_xml},
    {"<?XML version='1.0'?>", restricted_xml},
    {"<a>&nbsp;</a>", restricted_xml},
    {"<a b='&foo;'/>", restricted_xml},
    {"<a>&ampere;</a>", restricted_xml},
    {"<a>&am;</a>", restricted_xml},
    {"<a>&AMP;</a>", restricted_xml},
    {"<a>&\xC3\xA9;</a>", restricted_xml},
    // the beginning
    {"x", not_well_formed},
    {"x<a/>", not_well_formed},
    {"<a/>x", not_well_formed},
    {"&lt;", not_well_formed},
    {"\xEF\xBB<a/>", not_well_formed},
    {"\xEF\xBB\xBF\xEF\xBB\xBF<a/>", not_well_formed},
    {"<?xml ?><a/>", not_well_formed},
    {"<?xml version='1.0'><a/>", not_well_formed},
    {"<?xml version='1.0'/>", not_well_formed},
    {"<?xml version='1.0'encoding='UTF-8'?><a/>", not_well_formed},
    {"<?xml version='2.0'?>", not_well_formed},
    {"<?xml version='1.'?>", not_well_formed},
    {"<?xml version='1.0x'?>", not_well_formed},
    {"<?xml encoding='UTF-8'?>", not_well_formed},
    {"<?xml encoding='UTF-8' version='1.0'?>", not_well_formed},
    {"<?xml version='1.0' standalone='maybe'?>", not_well_formed},
    {"<?xml version='1.0' standalone='yes' encoding='UTF-8'?>", not_well_formed},
    {"<?xml version='1.0' x='y'?>", not_well_formed},
    {"<?xml version='1.0' version='1.0'?>", not_well_formed},
    {"<?xml version='1.0'? >", not_well_formed},
    // encodings
    {"<?xml version='1.0' encoding='ISO-8859-1'?><a/>", unsupported_encoding},
    {"<?xml version='1.0' encoding='UTF-16'?><a/>", unsupported_encoding},
    {"<?xml version='1.0' encoding=''?>", unsupported_encoding},
    {"\xFE\xFF\0<\0a"sv, unsupported_encoding},
    {"\xFF\xFE<\0a\0"sv, unsupported_encoding},
    {"\xFF\xFE\0\0<\0\0\0"sv, unsupported_encoding},
    {"\0\0\xFE\xFF"sv, unsupported_encoding},
    {"\0<\0a"sv, unsupported_encoding},
};

TEST_CASE("well-formed elements are accepted") {
  for (const std::string_view bytes : kAccepted) {
    CAPTURE(bytes);
    CHECK(condition_of(bytes).starts_with("element"));
  }
}

TEST_CASE("everything else is refused with the condition that says why") {
  for (const auto& [bytes, condition] : kRefused) {
    CAPTURE(bytes);
    CHECK(condition_of(bytes) == to_string(condition));
  }
}

TEST_CASE("an unfinished element is no event") {
  for (const std::string_view bytes : {"<",
                                       "<a",
                                       "<a b",
                                       "<a b=",
                                       "<a b='",
                                       "<a b='c'",
                                       "<a/",
                                       "<a>",
                                       "<a>x",
                                       "<a></",
                                       "<a></a",
                                       "<a>&",
                                       "<a>&#",
                                       "<a>&am",
                                       "<a>\xF0\x9F\x98",
                                       "<a><!",
                                       "<a><![CDAT",
                                       "<a><![CDATA[]]",
                                       "<?xml",
                                       "<?xml version='1.0'?",
                                       "\xEF\xBB",
                                       " "}) {
    CAPTURE(bytes);
    CHECK(condition_of(bytes).empty());
  }
}

}  // namespace
}  // namespace vestnik::xml
