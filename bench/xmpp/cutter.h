#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vestnik::bench {

/// The bytes of one element, looked into by text search: no tree, no namespaces, no validation. That is all a
/// load generator needs from servers that write what XMPP servers write.
class Element {
 public:
  Element() = default;
  explicit Element(std::string_view bytes) : bytes_(bytes) {}

  std::string_view bytes() const { return bytes_; }
  /// As written, with its prefix: `message`, `stream:features`.
  std::string_view name() const;
  bool is(std::string_view name) const { return this->name() == name; }
  /// Attribute of the outermost tag, references not replaced; "" when absent.
  std::string_view attr(std::string_view name) const;
  /// The first element of this name (as written, at any depth below this one); its bytes run on to the end of
  /// this one. Empty and false when absent.
  Element find(std::string_view name) const;
  explicit operator bool() const { return !bytes_.empty(); }
  /// The content of an element that holds text only, references not replaced.
  std::string_view text() const;
  bool contains(std::string_view text) const { return bytes_.contains(text); }

 private:
  std::string_view start_tag() const;
  std::string_view bytes_;
};

/// Cuts a stream into its header, top-level elements and end. Counts depth and knows quotes, CDATA and
/// processing instructions; believes everything else.
class Cutter {
 public:
  enum class Event : std::uint8_t { need_more, stream_open, element, stream_close };
  /// Where what comes begins.
  enum class In : std::uint8_t { nothing, stream };

  explicit Cutter(In in = In::nothing) : in_stream_(in == In::stream) {}

  /// Takes bytes off the front of `input` up to the next event. element() is valid until the next call, and
  /// as long as the input is.
  Event next(std::string_view& input);
  /// After stream_open the header's start tag; after element the element.
  Element element() const { return element_; }
  /// Forgets everything, for a stream restart.
  void reset() { *this = Cutter(); }

 private:
  std::optional<Event> scan(std::string_view item);
  std::optional<Event> take_tag(std::string_view tag);

  bool in_stream_;
  bool done_with_held_ = false;
  std::size_t depth_ = 0;    ///< open elements within the item
  std::size_t scanned_ = 0;  ///< of the item; never inside a tag
  std::string held_;         ///< the beginning of an item whose end has not come yet
  Element element_;
};

}  // namespace vestnik::bench
