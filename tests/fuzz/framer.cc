// The framer: the way the bytes are cut must not matter, and what passes must survive the tree and the
// writer.
#include "proto/xml/framer.h"

#include <cstdlib>
#include <span>

#include "proto/xml/document.h"
#include "proto/xml/writer.h"
#include "tests/unit/xml/events.h"
#include "tests/unit/xml/tree.h"

namespace {

using namespace vestnik;
using namespace vestnik::xml;

void require(bool condition) {
  if (!condition) std::abort();
}

// What the first byte of the data chooses.
Framer make_framer(std::uint8_t options) {
  const XmlLimits small{.element_bytes = 64, .elements = 4, .attributes = 3, .depth = 3};
  return Framer((options & 1) != 0 ? small : XmlLimits{}, (options & 2) != 0);
}

// The lengths of the pieces follow from the second byte.
std::vector<std::string> events_in_pieces(Framer framer, std::string_view bytes, std::uint32_t seed) {
  std::vector<std::string> events;
  while (!bytes.empty()) {
    seed = seed * 1'664'525 + 1'013'904'223;
    const std::size_t size = std::min<std::size_t>(1 + (seed >> 24) % 24, bytes.size());
    feed(framer, std::string(bytes.substr(0, size)), events);
    bytes.remove_prefix(size);
  }
  return events;
}

void check_element(const Framer& framer, std::string_view default_ns) {
  Document document;
  const Element element = document.parse(framer.frame().bytes, default_ns, &framer.stream_namespaces());
  require(element.is(framer.frame().name, framer.frame().ns));
  require(element.child_count() == framer.frame().children->size());

  std::string copy;
  Writer(copy).copy(element, "");
  Framer again(XmlLimits{.element_bytes = 1U << 24, .attributes = 1U << 16}, false);
  std::string_view input = copy;
  require(again.next(input) == Framer::Event::element);
  require(input.empty() && again.frame().bytes == copy);
  Document copied;
  require(describe(copied.parse(copy, "")) == describe(element));
}

void check_elements(Framer framer, std::string_view input) {
  std::string default_ns;
  for (;;) {
    switch (framer.next(input)) {
      case Framer::Event::stream_open: default_ns = framer.stream_open().default_ns; break;
      case Framer::Event::element: check_element(framer, default_ns); break;
      case Framer::Event::stream_close: break;
      case Framer::Event::need_more:
      case Framer::Event::error: return;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto whole = events_of(make_framer(data[0]), bytes);
  require(events_of(make_framer(data[0]), bytes, 1) == whole);
  require(events_in_pieces(make_framer(data[0]), bytes, data[1]) == whole);
  check_elements(make_framer(data[0]), bytes);
  return 0;
}
