#pragma once
#include <cstddef>
#include <cstdint>

namespace vestnik {

/// What one XML stream may send. Two sets are in use: a small one before authentication, the configured one
/// after.
struct XmlLimits {
  std::size_t element_bytes = 262'144;  ///< one top-level element (stanza), tags included
  std::uint32_t elements = 10'000;      ///< elements within one top-level element
  std::uint32_t attributes = 64;        ///< attributes of one element, namespace declarations included
  std::uint32_t depth = 64;             ///< nesting below the stream root

  /// SECURITY.md, class 3: what a peer that has not authenticated may send.
  static constexpr XmlLimits before_authentication() {
    return {.element_bytes = 8'192, .elements = 32, .attributes = 32, .depth = 8};
  }
};

/// RFC 7622 §3.1: bytes of each part of an address, after preparation.
inline constexpr std::size_t kMaxJidPartBytes = 1'023;

}  // namespace vestnik
