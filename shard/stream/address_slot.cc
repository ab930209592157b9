#include "shard/stream/address_slot.h"

namespace vestnik {

bool AddressSlot::take(Services& services, const boost::asio::ip::address& address,
                       const LimitsConfig& limits) {
  if (services.unauthenticated.fetch_add(1, std::memory_order_relaxed) >= limits.unauthenticated_total) {
    services.unauthenticated.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  if (!services.addresses.try_add(address, AddressLedger::Count::connections,
                                  limits.connections_per_address)) {
    services.unauthenticated.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  if (!services.addresses.try_add(address, AddressLedger::Count::unauthenticated,
                                  limits.unauthenticated_per_address)) {
    services.addresses.remove(address, AddressLedger::Count::connections);
    services.unauthenticated.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  services_ = &services;
  address_ = address;
  unauthenticated_ = true;
  return true;
}

std::optional<AddressSlot> admit(Services& services, const LimitsConfig& limits,
                                 const Transport::Socket& socket, std::string_view refused) {
  boost::system::error_code error;
  const auto peer = socket.remote_endpoint(error).address();
  if (error) return {};
  AddressSlot slot;
  if (slot.take(services, peer, limits)) return slot;
  services.log.warn(refused, {{"address", peer.to_string()}, {"reason", "too many connections"}});
  return {};
}

}  // namespace vestnik
