#include "core/io/address_ledger.h"

#include <utility>

#include "core/io/network_match.h"

namespace vestnik {
namespace {

bool is_v4(const boost::asio::ip::address& address) {
  return address.is_v4() || address.to_v6().is_v4_mapped();
}

std::uint64_t minute_of(std::chrono::steady_clock::time_point now) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::minutes>(now.time_since_epoch()).count());
}

}  // namespace

AddressBytes bytes_of(const boost::asio::ip::address& address) {
  if (address.is_v6()) return address.to_v6().to_bytes();
  return boost::asio::ip::make_address_v6(boost::asio::ip::v4_mapped, address.to_v4()).to_bytes();
}

AddressLedger::AddressLedger(SipKey key, std::vector<Network> trusted)
    : key_(key), trusted_(std::move(trusted)), slots_(std::make_unique<std::array<Slot, kSlots>>()) {}

bool AddressLedger::is_trusted(const boost::asio::ip::address& address) const {
  return is_in(trusted_, address);
}

AddressLedger::Slot& AddressLedger::slot(const boost::asio::ip::address& address) const {
  const AddressBytes bytes = bytes_of(address);
  const std::size_t counted = is_v4(address) ? 16 : 8;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), counted);
  return (*slots_)[siphash24(key_, text) % kSlots];
}

bool AddressLedger::try_add(const boost::asio::ip::address& address, Count what, std::uint32_t limit) {
  if (is_trusted(address)) return true;
  auto& count = slot(address).counts[std::to_underlying(what)];
  if (count.fetch_add(1, std::memory_order_relaxed) < limit) return true;
  count.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

void AddressLedger::remove(const boost::asio::ip::address& address, Count what) {
  if (is_trusted(address)) return;
  slot(address).counts[std::to_underlying(what)].fetch_sub(1, std::memory_order_relaxed);
}

void AddressLedger::add_failure(const boost::asio::ip::address& address,
                                std::chrono::steady_clock::time_point now) {
  if (is_trusted(address)) return;
  auto& failures = slot(address).failures;
  const std::uint64_t minute = minute_of(now) << 32U;
  std::uint64_t old = failures.load(std::memory_order_relaxed);
  std::uint64_t updated = 0;
  do {
    updated = (old >> 32U) << 32U == minute ? old + 1 : minute + 1;
  } while (!failures.compare_exchange_weak(old, updated, std::memory_order_relaxed));
}

bool AddressLedger::failures_exceed(const boost::asio::ip::address& address, std::uint32_t limit,
                                    std::chrono::steady_clock::time_point now) const {
  if (is_trusted(address)) return false;
  const std::uint64_t failures = slot(address).failures.load(std::memory_order_relaxed);
  return failures >> 32U == minute_of(now) && (failures & 0xFFFF'FFFFU) >= limit;
}

}  // namespace vestnik
