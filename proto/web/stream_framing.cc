#include "proto/web/stream_framing.h"

#include <algorithm>

#include "proto/web/websocket_frames.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"

namespace vestnik::web {
namespace {

// What an element of ours lacks outside a stream, by its name: only stanzas and what begins with `stream:`
// leave their namespace to the header, all others declare one.
std::string_view missing_declaration(std::string_view name) {
  if (name == "message" || name == "presence" || name == "iq") return " xmlns='jabber:client'";
  if (name.starts_with("stream:")) return " xmlns:stream='http://etherx.jabber.org/streams'";
  return {};
}

}  // namespace

StreamHeader read_open(const xml::Frame& open) {
  const xml::StreamOpen as_header{
      .name = "stream", .ns = ns::kStreams, .default_ns = ns::kClient, .attributes = open.attributes};
  return read_stream_header(as_header, ns::kClient);
}

std::string write_open(const OwnHeader& header) {
  std::string out;
  xml::Writer(out)
      .open("open", kFramingNs)
      .attr_if("id", header.id)
      .attr_if("from", header.from)
      .attr_if("to", header.to)
      .attr_if("xml:lang", header.lang)
      .attr("version", "1.0")
      .close();
  return out;
}

void append_element(std::string& out, std::string_view element) {
  const std::size_t name_end = std::min(element.find_first_of(" />"), element.size());
  const std::string_view declaration = missing_declaration(element.substr(1, name_end - 1));
  append_text_head(out, element.size() + declaration.size());
  out.append(element.substr(0, name_end)).append(declaration).append(element.substr(name_end));
}

}  // namespace vestnik::web
