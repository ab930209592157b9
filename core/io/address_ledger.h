#pragma once
#include <array>
#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/config/config.h"
#include "proto/base/siphash.h"

namespace vestnik {

/// An address as Network has it.
AddressBytes bytes_of(const boost::asio::ip::address& address);

/// Counts per network address what all shards together have of it: open connections, those not logged in yet,
/// and failed logins of the last minute. A fixed table of atomic counters under a secret hash: no lock, no
/// growth; two addresses that share a slot only make the limit stricter for both. IPv6 counts by /64, which
/// is what one peer has. Any thread.
class AddressLedger {
 public:
  enum class Count : std::uint8_t { connections, unauthenticated };

  AddressLedger(SipKey key, std::vector<Network> trusted);

  /// Adds one if that keeps the count within `limit`. Trusted addresses always succeed and are not counted.
  bool try_add(const boost::asio::ip::address& address, Count what, std::uint32_t limit);
  void remove(const boost::asio::ip::address& address, Count what);

  /// Failed logins, in windows of a minute of the caller's clock.
  void add_failure(const boost::asio::ip::address& address, std::chrono::steady_clock::time_point now);
  bool failures_exceed(const boost::asio::ip::address& address, std::uint32_t limit,
                       std::chrono::steady_clock::time_point now) const;

  bool is_trusted(const boost::asio::ip::address& address) const;

 private:
  static constexpr std::size_t kSlots = 16'384;
  struct Slot {
    std::array<std::atomic<std::uint32_t>, 2> counts{};
    std::atomic<std::uint64_t> failures{0};  ///< minute in the upper half, count in the lower
  };
  Slot& slot(const boost::asio::ip::address& address) const;

  SipKey key_;
  std::vector<Network> trusted_;
  std::unique_ptr<std::array<Slot, kSlots>> slots_;
};

}  // namespace vestnik
