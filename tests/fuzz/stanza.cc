// Stanzas of a client's stream: whatever becomes one is written so that the framer takes it again with the
// same content, through every rewriting that routing, storing and answering do.
#include "proto/stanza/stanza.h"

#include <cstdlib>
#include <string>

#include "proto/stanza/reply.h"
#include "proto/xml/document.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "tests/unit/xml/tree.h"

namespace {

using namespace vestnik;
using xml::Framer;

constexpr std::string_view kPlainStream =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
/// Binds prefixes that stanzas may use, the content namespace once more among them.
constexpr std::string_view kStream =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
    "xmlns:c='jabber:client' xmlns:p='urn:p'>";

void require(bool condition) {
  if (!condition) std::abort();
}

/// What is inside a stanza, and the attributes that are not ours to write.
struct Content {
  std::vector<std::string> attributes;
  std::vector<std::string> children;
  std::string text;
  friend bool operator==(const Content&, const Content&) = default;
};

Content content_of(xml::Element stanza) {
  Content content{.attributes = {}, .children = {}, .text = stanza.text()};
  for (const auto& [name, value] : stanza.attributes()) {
    const bool ours = name == "from" || name == "to" || name == "id" || name == "type" ||
                      name == "xml:lang" || name == "xmlns" || name.starts_with("xmlns:");
    if (!ours) content.attributes.push_back(xml::describe_attribute(name, value));
  }
  for (const xml::Element child : stanza.children()) content.children.push_back(xml::describe(child));
  return content;
}

/// The content of a serialised stanza, which has to be one element of a plain stream and nothing more.
Content content_of(std::string_view wire) {
  Framer framer(
      {.element_bytes = 1U << 24, .elements = UINT32_MAX, .attributes = 1U << 16, .depth = 1U << 16});
  std::string_view header = kPlainStream;
  require(framer.next(header) == Framer::Event::stream_open);
  std::string_view input = wire;
  require(framer.next(input) == Framer::Event::element);
  require(input.empty() && framer.frame().bytes == wire && framer.frame().ns == ns::kClient);
  xml::Document document;
  return content_of(document.parse(wire));
}

void check_same_content(const Stanza& stanza, const Content& content) {
  require(content_of(stanza.wire()) == content);
}

bool same_marks(const Stanza& a, const Stanza& b) {
  for (unsigned bit = 1; bit <= static_cast<unsigned>(Mark::other); bit <<= 1U) {
    if (a.has(static_cast<Mark>(bit)) != b.has(static_cast<Mark>(bit))) return false;
  }
  return true;
}

/// The stanza, stored and read again.
Stanza check_stored(const Stanza& stanza) {
  auto again = Stanza::from_stored(stanza.wire());
  require(again.has_value());
  require(again->wire() == stanza.wire() && again->payload() == stanza.payload());
  require(again->kind() == stanza.kind() && again->type() == stanza.type());
  require(again->from() == stanza.from() && again->to() == stanza.to());
  require(again->id() == stanza.id() && again->lang() == stanza.lang());
  return std::move(*again);
}

void check_rewritten(const Stanza& stanza, const Content& content) {
  const JidView elsewhere = JidView::of_canonical("elsewhere@capulet.example");
  const Stanza moved = stanza.readdressed(stanza.from(), elsewhere);
  require(moved.to() == elsewhere && same_marks(moved, stanza));
  check_same_content(moved, content);
  require(same_marks(check_stored(moved), stanza));

  Content longer = content;
  longer.children.emplace_back(R"(({urn:added}added ""))");
  check_same_content(stanza.with_appended("<added xmlns='urn:added'/>"), longer);
  require(stanza.clone().wire() == stanza.wire());
}

void check_answer(const Stanza& answer, const Stanza& asked) {
  require(answer.id() == asked.id() && answer.to() == asked.from() && answer.from() == asked.to());
  require(!may_answer_with_error(answer));
  check_stored(answer);
}

void check_answers(const Stanza& stanza) {
  check_answer(make_error(stanza, StanzaCondition::bad_request, "<&'\">"), stanza);
  if (!stanza.is_iq()) return;
  const Stanza result = make_result(stanza, "<q xmlns='urn:q'/>");
  check_answer(result, stanza);
  check_same_content(result, {.attributes = {}, .children = {R"(({urn:q}q ""))"}, .text = ""});
}

void check_element(const Framer& framer) {
  const xml::Frame& frame = framer.frame();
  if (frame.ns != ns::kClient) return;
  xml::Document document;
  const xml::Element element = document.parse(frame.bytes, ns::kClient, &framer.stream_namespaces());
  std::string copy;
  xml::Writer(copy).copy_unprefixed(element);

  const JidView sender = JidView::of_canonical("romeo@montague.example/orchard");
  const auto copied = Stanza::from_xml(copy, sender, "fr");
  const auto stanza =
      frame.forwardable ? Stanza::from_frame(frame, sender, "fr") : Stanza::from_xml(copy, sender, "fr");
  require(stanza.has_value() == copied.has_value());
  if (!stanza) return require(stanza.error().condition == copied.error().condition);

  require(stanza->from() == sender && !stanza->lang().empty());
  require(stanza->to().empty() || Jid::parse(stanza->to().full())->view() == stanza->to());
  const Content content = content_of(element);
  check_same_content(*copied, content);
  check_same_content(*stanza, content);
  require(same_marks(*stanza, *copied));
  require(same_marks(check_stored(*stanza), *stanza));
  check_rewritten(*stanza, content);
  check_answers(*stanza);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Framer framer({});
  std::string_view header = kStream;
  require(framer.next(header) == Framer::Event::stream_open);
  std::string_view input(reinterpret_cast<const char*>(data), size);
  while (framer.next(input) == Framer::Event::element) check_element(framer);
  return 0;
}
