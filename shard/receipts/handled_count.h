#pragma once
#include <boost/circular_buffer.hpp>
#include <cstdint>

namespace vestnik {

/// Whether the count `a` is at or past `b`, modulo 2^32 (XEP-0198 §4).
constexpr bool has_reached(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) >= 0; }

/// The stanzas that came on a managed stream, and up to where all of them are handled: the `h` of XEP-0198
/// §4, which counts modulo 2^32. Stanzas are handled in any order; the count is the end of the prefix without
/// gaps (RULES 3).
class HandledCount {
 public:
  /// `start`: the count to begin at, for tests.
  explicit HandledCount(std::uint32_t start = 0) : received_(start) {}

  /// One more has come. Returns its number; it is handled when shares that add up to kWholeShare came back.
  std::uint32_t add();
  /// A share of a stanza has come back. Those of numbers already handled are passed over.
  void settle(std::uint32_t number, std::uint64_t share);

  std::uint32_t received() const { return received_; }
  std::uint32_t handled() const { return received_ - static_cast<std::uint32_t>(open_.size()); }

 private:
  std::uint32_t received_;
  boost::circular_buffer<std::uint64_t> open_;  ///< shares that are out, of the stanzas behind handled()
};

}  // namespace vestnik
