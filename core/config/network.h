#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/result.h"

namespace vestnik {

/// An IPv6 address in network order; an IPv4 address is kept as the mapped one (::ffff:a.b.c.d).
using AddressBytes = std::array<std::uint8_t, 16>;

/// A block of addresses such as 127.0.0.0/8 or ::1. A value.
struct Network {
  AddressBytes address{};     ///< bits behind the prefix are zero
  std::uint8_t prefix = 128;  ///< how many bits of `address` count

  bool contains(const AddressBytes& candidate) const;

  friend bool operator==(const Network&, const Network&) = default;
};

/// `10.0.0.0/8`, `2001:db8::/32`, or a single address. The error is a sentence for the person who wrote it.
Result<Network, std::string> parse_network(std::string_view text);

/// What parse_network() reads back.
std::string format_network(const Network& network);

/// 127.0.0.0/8 and ::1: this machine.
std::vector<Network> loopback_networks();

/// Reads an IPv4 or IPv6 literal (without zone); false if it is none.
bool parse_address(std::string_view text, AddressBytes& out);

}  // namespace vestnik
