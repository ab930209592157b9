// The beginning of a stream: what is read of a header is canonical, and the answer to it, headers and errors,
// is a stream that any parser takes and that says the same.
#include "proto/stream/header.h"

#include <cstdint>
#include <cstdlib>
#include <string>

#include "proto/xml/ns.h"
#include "proto/xml/writer.h"

namespace {

using namespace vestnik;
using xml::Framer;

void require(bool condition) {
  if (!condition) std::abort();
}

std::string value_of(const xml::StreamOpen& open, std::string_view name) {
  for (const auto& attribute : *open.attributes) {
    if (attribute.name == name) return xml::unescape(attribute.raw_value).value();
  }
  return {};
}

void check_header(const StreamHeader& header, const xml::StreamOpen& open) {
  if (!header.to.empty()) require(prepare_domain(header.to) == header.to);
  if (header.from) require(Jid::parse(header.from->full()) == *header.from);
  require(header.lang == value_of(open, "xml:lang"));
  if (header.problem) return;
  require(open.name == "stream" && open.ns == ns::kStreams && open.default_ns == ns::kClient);
  require(header.to.empty() == (value_of(open, "to").empty()));
  require(header.version_1 || !value_of(open, "version").starts_with("1."));
}

/// Answers the header, with an error if there is one, and reads the answer.
void check_answer(const StreamHeader& header, const StreamError* problem) {
  const std::string from = header.from ? header.from->full() : std::string();
  std::string answer = write_stream_header({.content_ns = ns::kClient,
                                            .from = header.to,
                                            .to = from,
                                            .id = "id",
                                            .lang = header.lang,
                                            .version_1 = header.version_1});
  if (problem != nullptr) answer += problem->to_xml();
  answer += kStreamClose;

  Framer framer({.element_bytes = 1U << 24});
  std::string_view input = answer;
  require(framer.next(input) == Framer::Event::stream_open);
  const xml::StreamOpen& open = framer.stream_open();
  require(open.name == "stream" && open.ns == ns::kStreams && open.default_ns == ns::kClient);
  require(value_of(open, "id") == "id");
  require(value_of(open, "from") == header.to);
  require(value_of(open, "to") == from);
  require(value_of(open, "xml:lang") == header.lang);
  require(value_of(open, "version") == (header.version_1 ? "1.0" : ""));
  if (problem != nullptr) {
    require(framer.next(input) == Framer::Event::element);
    require(framer.frame().name == "error" && framer.frame().ns == ns::kStreams);
  }
  require(framer.next(input) == Framer::Event::stream_close && input.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  Framer framer(XmlLimits::before_authentication());
  switch (framer.next(input)) {
    case Framer::Event::stream_open: {
      const StreamHeader header = read_stream_header(framer.stream_open(), ns::kClient);
      check_header(header, framer.stream_open());
      check_answer(header, header.problem ? &*header.problem : nullptr);
      break;
    }
    case Framer::Event::error: check_answer({}, &framer.error()); break;
    case Framer::Event::need_more: break;
    case Framer::Event::element:
    case Framer::Event::stream_close: require(false);  // nothing comes before the header
  }
  return 0;
}
