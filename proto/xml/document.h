#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/base/result.h"

namespace rapidxml {
template <class Ch>
class xml_node;
}

namespace vestnik::xml {

class Document;

/// A read-only view of one element of a Document; a pointer, copied freely, valid as long as the document
/// holds its tree, also after the Document is moved. Names are compared after namespace resolution. A
/// default-constructed Element is "none" and false.
class Element {
 public:
  Element() = default;
  explicit operator bool() const { return node_ != nullptr; }

  std::string_view name() const;  ///< local name
  std::string_view ns() const;    ///< resolved namespace name
  bool is(std::string_view name, std::string_view ns) const;

  /// The value of an unprefixed attribute (or `xml:lang` written so), references replaced; nullopt when
  /// absent.
  std::optional<std::string_view> attr(std::string_view name) const;
  /// The same with "" when absent.
  std::string_view attr_or_empty(std::string_view name) const;
  /// All attributes as written, namespace declarations included.
  std::vector<std::pair<std::string_view, std::string_view>> attributes() const;

  /// Character data directly inside (all text and CDATA nodes joined), references replaced.
  std::string text() const;

  Element first_child() const;  ///< first child element, of any name
  Element next() const;         ///< next sibling element
  Element child(std::string_view name, std::string_view ns) const;
  /// Child by local name in this element's own namespace, e.g. `item` of a roster query.
  Element child(std::string_view name) const;
  std::size_t child_count() const;  ///< child elements

  /// Iteration over child elements: `for (Element item : query.children())`.
  class Range;
  Range children() const;

 private:
  friend class Document;
  friend class Writer;
  explicit Element(const rapidxml::xml_node<char>* node) : node_(node) {}
  const rapidxml::xml_node<char>* node_ = nullptr;
};

/// The child elements, for range-for.
class Element::Range {
 public:
  class Iterator {
   public:
    explicit Iterator(Element at) : at_(at) {}
    Element operator*() const { return at_; }
    Iterator& operator++() {
      at_ = at_.next();
      return *this;
    }
    bool operator!=(const Iterator& other) const {
      return static_cast<bool>(at_) != static_cast<bool>(other.at_);
    }

   private:
    Element at_;
  };
  explicit Range(Element first) : first_(first) {}
  Iterator begin() const { return Iterator(first_); }
  static Iterator end() { return Iterator(Element{}); }

 private:
  Element first_;
};

/// A tree of one element in RapidXML's nodes and pool, from bytes the framer (or our writer) has passed.
/// Tokens are read by the framer's own Scanner: two readers that differ in the least let stanzas be smuggled,
/// and RapidXML's parser drops text that is only white space, takes attribute values unnormalised and
/// recurses (so could be made to overflow the stack). Namespace rules and limits are not checked again. A
/// tree takes 64 KiB or more and is meant to be reused: one per shard, cleared per stanza. It copies the
/// bytes, so they may go away. One thread.
class Document {
 public:
  Document();
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;

  /// Replaces the tree. `default_ns` and `prefixes` are what is bound outside the bytes (the stream's). Bytes
  /// that are not well-formed give none; for trusted input that is a bug, for stored input a damaged row.
  Element parse(std::string_view bytes, std::string_view default_ns = "jabber:client",
                const std::vector<std::pair<std::string, std::string>>* prefixes = nullptr);
  Element root() const;
  void clear();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vestnik::xml
