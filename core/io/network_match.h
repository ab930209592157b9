#pragma once
#include <algorithm>
#include <span>

#include "core/io/address_ledger.h"

namespace vestnik {

/// Whether one of the networks has the address.
inline bool is_in(std::span<const Network> networks, const boost::asio::ip::address& address) {
  const AddressBytes bytes = bytes_of(address);
  return std::ranges::any_of(networks, [&](const Network& network) { return network.contains(bytes); });
}

}  // namespace vestnik
