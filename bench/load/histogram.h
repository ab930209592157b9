#pragma once
#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

namespace vestnik::bench {

/// Durations counted in log-linear buckets, as HdrHistogram does: 128 per power of two, so that every figure
/// is right to 0.8 % from a nanosecond to 18 minutes (what is longer counts as that). Recording is a shift
/// and an increment.
class Histogram {
 public:
  using Duration = std::chrono::nanoseconds;

  void record(Duration duration) {
    const auto value = clamp(duration);
    ++buckets_[index_of(value)];
    ++count_;
    if (value > max_) max_ = value;
  }

  void merge(const Histogram& other) {
    for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
  }

  void clear() {
    std::ranges::fill(buckets_, 0);
    count_ = 0;
    max_ = 0;
  }

  std::uint64_t count() const { return count_; }
  Duration max() const { return Duration(static_cast<std::int64_t>(max_)); }

  /// The smallest duration that at least `fraction` (0 to 1) of those recorded do not exceed; 0 when there
  /// are none.
  Duration percentile(double fraction) const {
    const double exact = fraction * static_cast<double>(count_);
    // Products such as 0.07 * 100 come out a little above the whole number they stand for.
    const auto wanted =
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(exact - exact * kRounding)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size() && count_ != 0; ++i) {
      seen += buckets_[i];
      if (seen >= wanted) return Duration(static_cast<std::int64_t>(std::min(last_value_of(i), max_)));
    }
    return max();
  }

 private:
  static constexpr unsigned kBits = 7;  ///< of precision
  static constexpr std::uint64_t kSubBuckets = 1U << kBits;
  static constexpr unsigned kMostBits = 40;
  static constexpr double kRounding = 1e-12;  ///< relative error of a product of doubles, and some more
  static constexpr std::uint64_t kLimit = (std::uint64_t{1} << kMostBits) - 1;

  static std::uint64_t clamp(Duration duration) {
    return std::min(static_cast<std::uint64_t>(std::max<Duration::rep>(duration.count(), 0)), kLimit);
  }
  /// Below 2^kBits each value has a bucket; above, each power of two has kSubBuckets.
  static std::size_t index_of(std::uint64_t value) {
    const auto width = static_cast<unsigned>(std::bit_width(value));
    if (width <= kBits) return value;
    const unsigned shift = width - kBits - 1;
    return (std::uint64_t{shift + 1} << kBits) + ((value >> shift) - kSubBuckets);
  }
  static std::uint64_t last_value_of(std::size_t index) {
    if (index < kSubBuckets) return index;
    const std::uint64_t shift = (index >> kBits) - 1;
    return (((index & (kSubBuckets - 1)) + kSubBuckets + 1) << shift) - 1;
  }

  std::vector<std::uint64_t> buckets_ = std::vector<std::uint64_t>((kMostBits - kBits + 1) << kBits);
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace vestnik::bench
