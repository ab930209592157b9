#pragma once
#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/xml/document.h"

namespace vestnik::xml {

/// Appends text with `& < >` and CR replaced (character data). Bytes that are not UTF-8 and characters
/// XML 1.0 forbids are dropped, here and in attributes.
void append_text(std::string& out, std::string_view text);
/// Appends an attribute value with `& < > ' "` and tab, CR, LF replaced.
void append_attr(std::string& out, std::string_view value);
/// Appends the value of an attribute as XML defines it: references replaced (`&amp; &#65;`), white space as
/// spaces. False if a reference is unknown.
bool append_unescaped(std::string& out, std::string_view raw);
/// The same as a value; nullopt if a reference is unknown.
std::optional<std::string> unescape(std::string_view raw);

/// The only serialiser: writes well-formed XML into a string that the caller owns.
///
///   std::string out;
///   Writer w(out);
///   w.open("query", ns::kRoster).attr("ver", ver);
///   for (auto& item : items) w.open("item").attr("jid", item.jid).close();
///   w.close();
///
/// An element opened without a namespace is in its parent's; a namespace given is always declared. Start tags
/// stay open for attr() until text, a child or close().
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  /// Names are our own literals and are not checked; they must outlive the element's close().
  Writer& open(std::string_view name, std::string_view ns = {});
  Writer& attr(std::string_view name, std::string_view value);
  /// Writes the attribute only if the value is not empty.
  Writer& attr_if(std::string_view name, std::string_view value);
  Writer& attr(std::string_view name, std::uint64_t value);
  /// Character data; an empty text leaves `<name/>` as it is.
  Writer& text(std::string_view text);
  Writer& close();
  /// `<name xmlns='ns'>text</name>`; `<name/>` when the text is empty.
  Writer& leaf(std::string_view name, std::string_view text = {}, std::string_view ns = {});
  /// Appends serialised XML as it is: bytes from the framer or from another Writer.
  Writer& raw(std::string_view xml);
  /// Appends a copy of `element` that is self-contained: its namespace is declared unless it equals
  /// `parent_ns`, prefixes bound outside it are re-declared. None is copied as nothing.
  Writer& copy(Element element, std::string_view parent_ns);
  /// The same for a parent of the element's own namespace, without its prefix: `<c:a xmlns:c='u'>` becomes
  /// `<a xmlns:c='u'>`. What is inside stays in the namespaces it was in.
  Writer& copy_unprefixed(Element element);

 private:
  void finish_start_tag();
  std::string& out_;
  boost::container::small_vector<std::string_view, 8> open_;
  bool in_start_tag_ = false;
};

}  // namespace vestnik::xml
