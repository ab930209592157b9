#include "bench/load/histogram.h"

#include <doctest/doctest.h>

#include <cmath>

namespace vestnik::bench {
namespace {

using std::chrono::nanoseconds;

TEST_CASE("percentiles of a known distribution are right to 0.8 %") {
  Histogram histogram;
  constexpr std::int64_t kMost = 1'000'000;
  for (std::int64_t value = 1; value <= kMost; ++value) histogram.record(nanoseconds(value));
  CHECK(histogram.count() == kMost);
  CHECK(histogram.max() == nanoseconds(kMost));
  for (const double fraction : {0.001, 0.01, 0.25, 0.5, 0.95, 0.99, 0.999}) {
    const double exact = fraction * kMost;
    const auto found = static_cast<double>(histogram.percentile(fraction).count());
    CHECK(std::abs(found - exact) <= exact * 0.008);
  }
  CHECK(histogram.percentile(1) == nanoseconds(kMost));
}

TEST_CASE("every magnitude keeps its precision, and the ends are clamped") {
  for (std::int64_t value = 1; value < (std::int64_t{1} << 40); value = value * 3 + 1) {
    Histogram histogram;
    histogram.record(nanoseconds(value));
    histogram.record(nanoseconds(value * 2));
    const auto found = static_cast<double>(histogram.percentile(0.5).count());
    CHECK(found >= static_cast<double>(value));
    CHECK(found <= static_cast<double>(value) * 1.008);
  }
  Histogram histogram;
  histogram.record(nanoseconds(-5));
  CHECK(histogram.max() == nanoseconds(0));
  histogram.record(std::chrono::hours(5));
  CHECK(histogram.max() > std::chrono::minutes(18));
}

TEST_CASE("a percentile is the smallest value that so many do not exceed") {
  Histogram histogram;
  for (std::int64_t value = 1; value <= 100; ++value) histogram.record(nanoseconds(value));
  CHECK(histogram.percentile(0.07) == nanoseconds(7));  // 0.07 * 100 is a little more than 7
  CHECK(histogram.percentile(0.95) == nanoseconds(95));
  CHECK(histogram.percentile(0.991) == nanoseconds(100));  // 99 values are 99 % only
  CHECK(histogram.percentile(0.001) == nanoseconds(1));
  histogram.clear();
  CHECK(histogram.count() == 0);
  CHECK(histogram.percentile(0.5) == nanoseconds(0));
}

TEST_CASE("an empty histogram and merging") {
  Histogram sum;
  CHECK(sum.percentile(0.99) == nanoseconds(0));
  Histogram other;
  other.record(nanoseconds(100));
  sum.merge(other);
  other.record(nanoseconds(10));
  sum.merge(other);
  CHECK(sum.count() == 3);
  CHECK(sum.percentile(0.01) == nanoseconds(10));
  CHECK(sum.max() == nanoseconds(100));
}

}  // namespace
}  // namespace vestnik::bench
