#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>

namespace vestnik {

/// How many bytes may be read in a second, by one stream or by several together; a burst of a second is let
/// through. One thread's.
class ByteRate {
 public:
  using Clock = std::chrono::steady_clock;

  /// Null for 0: there is no limit.
  static std::shared_ptr<ByteRate> of(std::uint64_t bytes_per_second) {
    return bytes_per_second == 0 ? nullptr : std::make_shared<ByteRate>(bytes_per_second);
  }
  explicit ByteRate(std::uint64_t bytes_per_second) : per_second_(bytes_per_second) {}

  void count(std::size_t bytes, Clock::time_point now) {
    constexpr std::uint64_t kNanoseconds = 1'000'000'000;
    within_from_ = std::max(within_from_, now) + std::chrono::nanoseconds(bytes * kNanoseconds / per_second_);
  }
  /// How long reading has to rest to stay within the rate.
  std::chrono::milliseconds owed(Clock::time_point now) const {
    const auto ahead = std::chrono::duration_cast<std::chrono::milliseconds>(within_from_ - now);
    return std::max(ahead - kBurst, std::chrono::milliseconds{0});
  }

 private:
  static constexpr std::chrono::milliseconds kBurst{1'000};

  std::uint64_t per_second_;
  Clock::time_point within_from_{};  ///< what was read is within the rate from then on
};

}  // namespace vestnik
