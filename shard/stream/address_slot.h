#pragma once
#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "core/io/transport.h"
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
  bool take(Services& services, const boost::asio::ip::address& address, const LimitsConfig& limits);

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

/// A place for a connection that has just been accepted; nothing if none is left, which is logged as the
/// event `refused`, or if the connection is gone already.
std::optional<AddressSlot> admit(Services& services, const LimitsConfig& limits,
                                 const Transport::Socket& socket, std::string_view refused);

}  // namespace vestnik
