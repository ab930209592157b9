// The framer against expat: whatever the framer lets pass, expat reads as well, with namespaces, and sees in
// it what the document and the copying writer see; whatever expat reads, the framer refuses only for XMPP's
// own reasons.
#include <doctest/doctest.h>
#include <expat.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>

#include "proto/xml/document.h"
#include "proto/xml/framer.h"
#include "proto/xml/writer.h"
#include "tests/unit/xml/tree.h"

namespace vestnik::xml {
namespace {

// describe(Element) of what expat sees.
class ExpatReader {
 public:
  static std::optional<std::string> describe(std::string_view bytes) {
    ExpatReader reader;
    XML_Parser parser = reader.parser_.get();
    XML_SetUserData(parser, &reader);
    XML_SetReturnNSTriplet(parser, 1);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    if (XML_Parse(parser, bytes.data(), static_cast<int>(bytes.size()), 1) != XML_STATUS_OK)
      return std::nullopt;
    return reader.open_.front().children;
  }

 private:
  static constexpr char kSeparator = '\x01';
  struct Name {
    std::string_view ns;
    std::string_view local;
    std::string_view prefix;
    std::string qualified() const {
      return prefix.empty() ? std::string(local) : fmt::format("{}:{}", prefix, local);
    }
  };
  struct OpenElement {
    std::vector<std::string> attributes;
    std::string text;
    std::string children;
  };

  // `local`, `ns local` or `ns local prefix`.
  static Name split(std::string_view triplet) {
    const std::size_t first = triplet.find(kSeparator);
    if (first == std::string_view::npos) return {.ns = {}, .local = triplet, .prefix = {}};
    const std::size_t second = std::min(triplet.find(kSeparator, first + 1), triplet.size());
    return {.ns = triplet.substr(0, first),
            .local = triplet.substr(first + 1, second - first - 1),
            .prefix = triplet.substr(std::min(second + 1, triplet.size()))};
  }

  static void on_start(void* self, const char*, const char** attributes) {
    OpenElement element;
    for (; *attributes != nullptr; attributes += 2) {
      element.attributes.push_back(describe_attribute(split(attributes[0]).qualified(), attributes[1]));
    }
    static_cast<ExpatReader*>(self)->open_.push_back(std::move(element));
  }

  static void on_end(void* self, const char* triplet) {
    auto& open = static_cast<ExpatReader*>(self)->open_;
    OpenElement element = std::move(open.back());
    open.pop_back();
    const Name name = split(triplet);
    open.back().children +=
        describe_element(name.ns, name.local, std::move(element.attributes), element.text, element.children);
  }

  static void on_text(void* self, const char* text, int size) {
    static_cast<ExpatReader*>(self)->open_.back().text.append(text, static_cast<std::size_t>(size));
  }

  std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser_{
      XML_ParserCreateNS("UTF-8", kSeparator), XML_ParserFree};
  std::vector<OpenElement> open_{1};  // the outermost is no element
};

// --- documents, mostly well-formed; without characters that only the fifth edition of XML 1.0 allows in
// names, since expat follows the fourth ---

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  std::string document() {
    std::string out;
    element(out, 0);
    for (std::uint32_t i = below(4); i > 0; --i) mutate(out);
    return out;
  }

 private:
  using Strings = std::initializer_list<std::string_view>;

  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  std::string_view any(Strings strings) {
    return strings.begin()[below(static_cast<std::uint32_t>(strings.size()))];
  }

  void element(std::string& out, int depth) {
    const std::string_view name =
        any({"a", "b", "long-name.1", "p:a", "q:b", "xml:c", "\xC3\xA9", "p:\xD0\x96"});
    out += '<';
    out += name;
    if (depth == 0) out += " xmlns:p='u' xmlns:q='v'";
    for (std::uint32_t i = below(4); i > 0; --i) attribute(out);
    out += any({"", "", " ", "\n"});
    if (below(4) == 0) {
      out += "/>";
      return;
    }
    out += '>';
    for (std::uint32_t i = below(5); i > 0; --i) content(out, depth);
    out += fmt::format("</{}{}>", name, any({"", "", " "}));
  }

  void attribute(std::string& out) {
    out += any({" ", "  ", "\r\n\t"});
    if (below(4) == 0) {
      out += any({"xmlns='u'", "xmlns='v'", "xmlns=''", "xmlns:p='v'", "xmlns:q=\"u\"", "xmlns:r='&#117;'",
                  "xmlns:p='a\tb'"});
      return;
    }
    out += any({"a", "b", "c", "d-1", "p:a", "q:a", "p:b", "xml:lang", "\xC3\xA9"});
    out += any({"=", "=", " = "});
    const std::string_view quote = any({"'", "\""});
    out += quote;
    for (std::uint32_t i = below(3); i > 0; --i)
      out += any({"v", "two words", "&lt;", "&#xE9;", "\t", "\r\n", ">", "\xE2\x80\x94"});
    out += quote;
  }

  void content(std::string& out, int depth) {
    if (depth < 5 && below(2) == 0) {
      element(out, depth + 1);
    } else {
      out +=
          any({"text", " ", "\n", "\r\n", "\r", "a long text, longer than a block of sixteen bytes", "&amp;",
               "&#9;", "&#13;", "&#x1F600;", "\xD0\x9F\xD1\x80\xD0\xB8", "\xE4\xBD\xA0\xE5\xA5\xBD",
               "\xF3\xB0\x80\x80", "]]", ">", "<![CDATA[<x>&y;]]]]>", "<![CDATA[]]>", "<![CDATA[\r\n>]]>"});
    }
  }

  void mutate(std::string& out) {
    const std::uint32_t at = below(static_cast<std::uint32_t>(out.size() + 1));
    switch (below(4)) {
      case 0: out.erase(at, below(4)); break;
      case 1: out.insert(at, out.substr(below(static_cast<std::uint32_t>(out.size())), below(12))); break;
      case 2: out.replace(at, below(2), token()); break;
      default: out.insert(at, token()); break;
    }
    if (out.empty()) out = "<";
  }

  std::string_view token() {
    return any({"<",
                ">",
                "/",
                "&",
                ";",
                "'",
                "\"",
                "=",
                " ",
                ":",
                "!",
                "?",
                "-",
                "1",
                "a",
                "]]>",
                "<![CDATA[",
                "xmlns",
                "xml",
                " xmlns:s=''",
                " xmlns:xml='u'",
                " xmlns:p='http://www.w3.org/2000/xmlns/'",
                "p:",
                "s:",
                "&#0;",
                "&#x41;",
                "&amp",
                "&lt;",
                "&quot;",
                "&nbsp;",
                "<!--x-->",
                "<?x y?>",
                "<!DOCTYPE a>",
                "</a>",
                "<a>",
                "<b/>",
                " a='1'",
                " p:a='1'",
                "\x01",
                "\x7F",
                "\r",
                "\t",
                "\xFF",
                "\xC3",
                "\xA9",
                "\xC3\x97",
                "\xC0\x80",
                "\xED\xA0\x80",
                "\xEF\xBF\xBE",
                "\xF4\x90\x80\x80"});
  }

  std::mt19937 random_;
};

// The framer's verdict on bytes that are to be one element and nothing else.
struct Verdict {
  bool accepted = false;
  std::optional<StreamCondition> refused;
};

Verdict framed(std::string_view bytes) {
  Framer framer(XmlLimits{}, false);
  std::string_view rest = bytes;
  Framer::Event event = framer.next(rest);
  const bool whole = event == Framer::Event::element && framer.frame().bytes == bytes;
  if (event == Framer::Event::element && !whole) event = framer.next(rest);
  if (event == Framer::Event::error) return {.accepted = false, .refused = framer.error().condition};
  return {.accepted = whole, .refused = std::nullopt};
}

TEST_CASE("the framer, the document, the writer and expat agree") {
  Document document;
  int accepted = 0;
  int refused = 0;
  for (std::uint32_t seed = 0; seed < 20'000; ++seed) {
    const std::string bytes = Generator(seed).document();
    CAPTURE(bytes);
    const auto [passed, condition] = framed(bytes);
    const auto expected = ExpatReader::describe(bytes);
    if (!passed) {
      ++refused;
      if (expected && condition) CHECK(*condition == StreamCondition::restricted_xml);
      continue;
    }
    ++accepted;
    REQUIRE(expected);
    const Element element = document.parse(bytes, "");
    REQUIRE(element);
    CHECK(describe(element) == *expected);

    std::string copy;
    Writer(copy).copy(element, "urn:elsewhere");
    CHECK(framed(copy).accepted);
    CHECK(ExpatReader::describe(copy) == *expected);
  }
  CHECK(accepted > 4'000);
  CHECK(refused > 4'000);
}

}  // namespace
}  // namespace vestnik::xml
