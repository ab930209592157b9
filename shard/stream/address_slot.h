#pragma once
#include <boost/asio/ip/address.hpp>
#include <utility>

#include "shard/services.h"

namespace vestnik {

/// A connection's place in the counts of its address and of the process, given back when it is destroyed.
/// Moves with the connection; any thread.
class AddressSlot {
 public:
  AddressSlot() = default;
  AddressSlot(AddressSlot&& other) noexcept
      : services_(std::exchange(other.services_, nullptr)),
        address_(std::move(other.address_)),
        unauthenticated_(std::exchange(other.unauthenticated_, false)) {}
  AddressSlot& operator=(AddressSlot&&) = delete;
  ~AddressSlot() { release(); }

  void release() {
    if (services_ == nullptr) return;
    logged_in();
    std::exchange(services_, nullptr)->addresses.remove(address_, AddressLedger::Count::connections);
  }

  /// Counts a new connection. False: one of the limits is reached.
  bool take(Services& services, const boost::asio::ip::address& address, const LimitsConfig& limits) {
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

  /// The connection has logged in and no longer counts as a stranger's.
  void logged_in() {
    if (services_ == nullptr || !std::exchange(unauthenticated_, false)) return;
    services_->addresses.remove(address_, AddressLedger::Count::unauthenticated);
    services_->unauthenticated.fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  Services* services_ = nullptr;
  boost::asio::ip::address address_;
  bool unauthenticated_ = false;
};

}  // namespace vestnik
