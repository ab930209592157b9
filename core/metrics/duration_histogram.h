#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace vestnik {

/// How often something has taken how long, in steps of about three. A value; adding costs a few comparisons.
class DurationHistogram {
 public:
  using Duration = std::chrono::nanoseconds;

  /// The upper bounds of the steps; there is one more without a bound.
  static constexpr std::array<std::chrono::microseconds, 12> kBounds{
      std::chrono::microseconds{10},        std::chrono::microseconds{30},
      std::chrono::microseconds{100},       std::chrono::microseconds{300},
      std::chrono::microseconds{1'000},     std::chrono::microseconds{3'000},
      std::chrono::microseconds{10'000},    std::chrono::microseconds{30'000},
      std::chrono::microseconds{100'000},   std::chrono::microseconds{300'000},
      std::chrono::microseconds{1'000'000}, std::chrono::microseconds{3'000'000}};

  void add(Duration duration) {
    std::size_t step = 0;
    while (step < kBounds.size() && duration > kBounds.at(step)) ++step;
    ++counts_.at(step);
    sum_ += duration;
  }

  /// How many were in each step.
  const std::array<std::uint64_t, kBounds.size() + 1>& counts() const { return counts_; }
  Duration sum() const { return sum_; }

 private:
  std::array<std::uint64_t, kBounds.size() + 1> counts_{};
  Duration sum_{};
};

}  // namespace vestnik
