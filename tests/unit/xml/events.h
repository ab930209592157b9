#pragma once
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "proto/xml/framer.h"

/// What a framer makes of bytes, written down so that two runs can be compared.
namespace vestnik::xml {

inline std::string describe(const std::vector<RawAttribute>& attributes) {
  std::string out;
  for (const RawAttribute& a : attributes) {
    out += fmt::format(" {}={}{}", a.name, a.raw_value, a.has_references ? "&" : "");
  }
  return out;
}

inline std::string describe(const Frame& frame) {
  std::string out = fmt::format("element {{{}}}{} {}..{}{}{}{}", frame.ns, frame.name, frame.start_tag_end,
                                frame.content_end, frame.forwardable ? " forwardable" : "",
                                frame.has_text ? " text" : "", describe(*frame.attributes));
  for (const ChildHead& c : *frame.children)
    out += fmt::format(" [{{{}}}{} {}..{}]", c.ns, c.name, c.begin, c.end);
  return fmt::format("{} {}", out, frame.bytes);
}

inline std::string describe(const Framer& framer, Framer::Event event) {
  switch (event) {
    case Framer::Event::stream_open: {
      const StreamOpen& open = framer.stream_open();
      return fmt::format("open {{{}}}{} default {}{}", open.ns, open.name, open.default_ns,
                         describe(*open.attributes));
    }
    case Framer::Event::element: return describe(framer.frame());
    case Framer::Event::stream_close: return "close";
    case Framer::Event::error:
      return fmt::format("{}: {}", to_string(framer.error().condition), framer.error().text);
    case Framer::Event::need_more: break;
  }
  return "more";
}

/// Feeds one piece, which is destroyed afterwards, as a read buffer is; adds the events but need_more.
inline void feed(Framer& framer, std::string piece, std::vector<std::string>& events) {
  if (!framer.error().text.empty()) return;  // has failed before
  std::string_view input = piece;
  for (;;) {
    const Framer::Event event = framer.next(input);
    if (event == Framer::Event::need_more) return;
    events.push_back(describe(framer, event));
    if (event == Framer::Event::error) return;
  }
}

/// The events of `bytes` given in pieces of `size` bytes.
inline std::vector<std::string> events_of(Framer framer, std::string_view bytes,
                                          std::size_t size = std::string::npos) {
  std::vector<std::string> events;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size()))) {
    feed(framer, std::string(bytes.substr(0, size)), events);
  }
  return events;
}

}  // namespace vestnik::xml
