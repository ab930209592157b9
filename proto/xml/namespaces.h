#pragma once
#include <cstdint>
#include <forward_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/xml/scanner.h"

namespace vestnik::xml {

/// `jabber:client`, `jabber:server` or `jabber:component:accept`.
bool is_content_namespace(std::string_view ns);

/// The namespace declarations in scope while elements are opened and closed, and the rules of Namespaces in
/// XML 1.0. Names are views: of the bytes being read, or of strings that the owner keeps. Single-threaded.
class Namespaces {
 public:
  struct Binding {
    std::string_view prefix;  ///< empty: the default namespace
    std::string_view ns;      ///< empty: no namespace
    std::uint32_t depth = 0;  ///< of the element that declares it; 0: the stream root
  };

  /// Binds `prefix` without checks, for declarations that have been checked before.
  void bind(std::string_view prefix, std::string_view ns, std::uint32_t depth) {
    bindings_.push_back({prefix, ns, depth});
  }
  /// Takes the `xmlns` attributes among those of an element at `depth`.
  std::optional<Fault> declare(const std::vector<RawAttribute>& attributes, std::uint32_t depth);
  /// What `prefix` (empty: the default namespace) is bound to; nullptr if to nothing. Valid until the next
  /// declare().
  const Binding* find(std::string_view prefix) const;
  /// Two attributes may not have one name, nor one local name in one namespace; prefixes must be bound.
  std::optional<Fault> check_attributes(const std::vector<RawAttribute>& attributes) const;

  /// All bindings in force, outer ones first.
  const std::vector<Binding>& bindings() const { return bindings_; }
  std::size_t size() const { return bindings_.size(); }
  /// Forgets the innermost ones down to `size`.
  void truncate(std::size_t size) { bindings_.resize(size); }
  /// Gives back memory that only an unusual element needed, or all but what the bindings in force need.
  void recycle(bool all);
  void relocate(const Relocation& move);

 private:
  std::optional<Fault> declare(std::string_view prefix, std::string_view ns, std::uint32_t depth);

  std::vector<Binding> bindings_;
  std::forward_list<std::string> values_;  // those that differ from what was written
};

}  // namespace vestnik::xml
