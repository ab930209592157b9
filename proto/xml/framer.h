#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/limits.h"
#include "proto/stream/error.h"

namespace vestnik::xml {

/// An attribute as it stands on the wire. `raw_value` is the text between the quotes, references not yet replaced.
struct RawAttribute {
  std::string_view name;  ///< qualified name: `to`, `xml:lang`, `xmlns:foo`
  std::string_view raw_value;
  bool has_references = false;  ///< `raw_value` contains '&': unescape() before use
};

/// What the framer learnt of a direct child of a top-level element while it scanned it.
struct ChildHead {
  std::string_view name;  ///< local name
  std::string_view ns;    ///< resolved namespace name (as declared, references not replaced)
  std::uint32_t begin = 0;  ///< offset of its '<' in Frame::bytes
  std::uint32_t end = 0;    ///< offset past its last '>'
};

/// One complete top-level element, checked. All views live until the next call on the framer.
struct Frame {
  std::string_view bytes;       ///< the whole element, from '<' to '>'
  std::string_view name;        ///< local name
  std::string_view ns;          ///< resolved namespace name
  std::uint32_t start_tag_end = 0;  ///< offset past the start tag's '>'
  std::uint32_t content_end = 0;    ///< offset of `</` of the end tag; == start_tag_end for `<x/>`
  const std::vector<RawAttribute>* attributes = nullptr;  ///< of the top-level element, in order
  const std::vector<ChildHead>* children = nullptr;       ///< its child elements, in order
  /// RULES 7: the content may be forwarded as it is: the element's name is unprefixed, it uses no prefix bound outside the
  /// element, and no descendant names a content namespace (jabber:client, jabber:server, jabber:component:accept).
  bool forwardable = false;
  bool has_text = false;  ///< non-whitespace character data directly inside the top-level element
};

/// The stream header `<stream:stream …>`, checked.
struct StreamOpen {
  std::string_view name;  ///< local name, `stream` for a right one
  std::string_view ns;    ///< its namespace
  std::string_view default_ns;  ///< xmlns='…' of the header, the content namespace
  const std::vector<RawAttribute>* attributes = nullptr;
};

/// Cuts a byte stream into checked top-level elements, incrementally. The framer is the only reader of peers' bytes and is
/// itself the validator (RFC 6120 §11): what it passes is namespace-well-formed XML 1.0 in UTF-8 without comments,
/// processing instructions, DTDs and entities beyond the five, within the limits. It holds no buffer between elements;
/// a partial element is kept (at most limits.element_bytes). Single-threaded, does no I/O, never throws on input.
class Framer {
 public:
  enum class Event : std::uint8_t {
    need_more,     ///< input used up
    stream_open,   ///< stream_open() holds the header
    element,       ///< frame() holds an element
    stream_close,  ///< `</stream:stream>` was read; nothing further is read
    error,         ///< error() says why; nothing further is read
  };

  /// `expect_stream_header`: true for TCP streams. False for WebSocket and for single elements: top-level elements come
  /// without a surrounding stream.
  explicit Framer(XmlLimits limits, bool expect_stream_header = true);

  /// Reads from the front of `input` (which it shortens) up to the next event. Call until need_more.
  Event next(std::string_view& input);

  const StreamOpen& stream_open() const { return stream_open_; }
  const Frame& frame() const { return frame_; }
  const StreamError& error() const { return error_; }

  /// Forgets everything, as for a stream restart (RFC 6120 §4.3.3). Limits stay.
  void reset();
  void set_limits(XmlLimits limits) { limits_ = limits; }

  /// `xmlns:p='…'` declarations of the stream header, for elements that use them (Frame::forwardable is false then).
  /// Pairs of prefix and namespace name; the default namespace has an empty prefix.
  const std::vector<std::pair<std::string, std::string>>& stream_namespaces() const { return stream_namespaces_; }

  /// True if bytes of an unfinished element are held.
  bool mid_element() const;
  /// Bytes held for an unfinished element.
  std::size_t held_bytes() const;
  /// Whitespace keepalives seen between elements since the last call (RFC 6120 §4.6.1); proves the peer lives.
  bool take_whitespace_seen();

 private:
  // The implementer completes this part.
  XmlLimits limits_;
  StreamOpen stream_open_;
  Frame frame_;
  StreamError error_;
  std::vector<std::pair<std::string, std::string>> stream_namespaces_;
};

}  // namespace vestnik::xml
