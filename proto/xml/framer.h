#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/base/limits.h"
#include "proto/stream/error.h"
#include "proto/xml/namespaces.h"
#include "proto/xml/scanner.h"

namespace vestnik::xml {

/// What the framer learnt of a direct child of a top-level element while it scanned it.
struct ChildHead {
  std::string_view name;    ///< local name
  std::string_view ns;      ///< resolved namespace name (as declared, references not replaced)
  std::uint32_t begin = 0;  ///< offset of its '<' in Frame::bytes
  std::uint32_t end = 0;    ///< offset past its last '>'
};

/// One complete top-level element, checked. All views live until the next call on the framer.
struct Frame {
  std::string_view bytes;           ///< the whole element, from '<' to '>'
  std::string_view name;            ///< local name
  std::string_view ns;              ///< resolved namespace name
  std::uint32_t start_tag_end = 0;  ///< offset past the start tag's '>'
  std::uint32_t content_end = 0;    ///< offset of `</` of the end tag; == start_tag_end for `<x/>`
  const std::vector<RawAttribute>* attributes = nullptr;  ///< of the top-level element, in order
  const std::vector<ChildHead>* children = nullptr;       ///< its child elements, in order
  /// RULES 7: the content may be forwarded as it is: the element's name is unprefixed, it uses no prefix
  /// bound outside the element, and no descendant names a content namespace (jabber:client, jabber:server,
  /// jabber:component:accept).
  bool forwardable = false;
  bool has_text = false;  ///< non-whitespace character data directly inside the top-level element
};

/// The stream header `<stream:stream …>`, checked.
struct StreamOpen {
  std::string_view name;        ///< local name, `stream` for a right one
  std::string_view ns;          ///< its namespace
  std::string_view default_ns;  ///< xmlns='…' of the header, the content namespace
  const std::vector<RawAttribute>* attributes = nullptr;
};

/// Cuts a byte stream into checked top-level elements, incrementally. The framer is the only reader of peers'
/// bytes and is itself the validator (RFC 6120 §11): what it passes is namespace-well-formed XML 1.0 in UTF-8
/// without comments, processing instructions, DTDs and entities beyond the five, within the limits. It holds
/// no buffer between elements; a partial element is kept (at most limits.element_bytes). What comes of the
/// bytes does not depend on how they are cut. Single-threaded, does no I/O, never throws on input.
///
/// Conditions: bytes that are not UTF-8 -> bad_format; a UTF-16 or UTF-32 beginning or another declared
/// encoding -> unsupported_encoding (a UTF-8 byte order mark is skipped); comments, processing instructions,
/// DTDs, other entities -> restricted_xml; limits -> policy_violation, as soon as they are passed; character
/// data between stanzas, or an element of the streams namespace inside a top-level element (only smugglers
/// send that) -> bad_format; everything else that XML 1.0 or Namespaces in XML 1.0 forbid -> not_well_formed.
class Framer {
 public:
  enum class Event : std::uint8_t {
    need_more,     ///< input used up; so is all that follows `</stream:stream>`
    stream_open,   ///< stream_open() holds the header
    element,       ///< frame() holds an element
    stream_close,  ///< `</stream:stream>` was read; nothing further is read
    error,         ///< error() says why; nothing further is read, each further call returns this
  };

  /// `expect_stream_header`: true for TCP streams. False for WebSocket and for single elements: top-level
  /// elements come without a surrounding stream.
  explicit Framer(XmlLimits limits, bool expect_stream_header = true);
  Framer(Framer&&) noexcept = default;
  Framer& operator=(Framer&&) noexcept = default;

  /// Reads from the front of `input` (which it shortens) up to the next event. Call until need_more.
  Event next(std::string_view& input);

  const StreamOpen& stream_open() const { return stream_open_; }
  const Frame& frame() const { return frame_; }
  const StreamError& error() const { return error_; }

  /// Forgets everything, as for a stream restart (RFC 6120 §4.3.3). Limits stay.
  void reset();
  /// Takes effect with the next token.
  void set_limits(XmlLimits limits);

  /// `xmlns:p='…'` declarations of the stream header, for elements that use them (Frame::forwardable is false
  /// then). Pairs of prefix and namespace name; the default namespace has an empty prefix.
  const std::vector<std::pair<std::string, std::string>>& stream_namespaces() const {
    return stream_namespaces_;
  }

  /// True if bytes of an unfinished element are held.
  bool mid_element() const;
  /// Bytes held for an unfinished element.
  std::size_t held_bytes() const;
  /// Whitespace keepalives seen between elements since the last call (RFC 6120 §4.6.1); proves the peer
  /// lives.
  bool take_whitespace_seen();

  /// Gives back the memory kept for the next element (about 1 KiB); for connections that have gone quiet.
  /// Call it only after need_more.
  void trim();

 private:
  enum class Phase : std::uint8_t {
    start,    // nothing read: byte order mark, declaration
    prolog,   // before the stream header or the element
    between,  // between top-level elements
    inside,   // in a top-level element
    closing,  // the header was `<stream:stream/>`
    closed,
    failed,
  };
  struct OpenElement {
    std::string_view name;  // qualified
    std::size_t outer_bindings = 0;
  };

  Event next_unit(std::string_view& input);
  std::optional<Event> find_unit(std::string_view& input);
  Event scan_held(std::string_view& input);
  Event scan(std::string_view bytes);
  std::optional<Event> on_token(Scanner::Token token, std::string_view bytes);
  std::optional<Event> on_start_tag(std::string_view bytes);
  std::optional<Event> on_end_tag(std::string_view bytes);
  std::optional<Event> on_text();
  Event on_declaration();
  Event on_stream_header();
  Event on_stream_end();
  std::optional<Event> close_element(std::string_view bytes, std::size_t content_end);
  bool resolve_names(std::uint32_t depth, std::string_view& ns);
  bool is_self_contained(std::uint32_t depth, std::size_t outer_bindings) const;
  void hold(std::string_view held, std::string_view more);
  void forget_unit();
  Event fail(StreamCondition condition, std::string_view text);
  Event outside_text();

  XmlLimits limits_;
  StreamOpen stream_open_;
  Frame frame_;
  StreamError error_;
  std::vector<std::pair<std::string, std::string>> stream_namespaces_;

  // A unit is what is cut off at once: the declaration, the header, a top-level element, the stream's end
  // tag.
  Scanner scanner_;
  Namespaces namespaces_;
  std::vector<char> held_;  // the beginning of an unfinished unit
  std::vector<OpenElement> open_;
  std::vector<RawAttribute> attributes_;  // of the top-level element
  std::vector<ChildHead> children_;
  std::string stream_name_;  // qualified, for the end tag
  std::uint32_t elements_ = 0;
  std::uint8_t mark_bytes_ = 0;  // of the byte order mark, so far
  Phase phase_ = Phase::start;
  bool expect_header_;
  bool restarted_ = false;  // by reset()
  bool unit_complete_ = false;
  bool whitespace_seen_ = false;
};

}  // namespace vestnik::xml
