#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace vestnik {

/// The 128-bit key of siphash24(); unknown to peers, so that they cannot choose names that all hash alike.
struct SipKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;

  static SipKey from_bytes(std::span<const std::byte, 16> bytes);
  friend bool operator==(const SipKey&, const SipKey&) = default;
};

/// SipHash-2-4, 64 bits (Aumasson and Bernstein, 2012). The same on every machine, hence fit for stored
/// partitions.
std::uint64_t siphash24(const SipKey& key, std::string_view data);

}  // namespace vestnik
