#include "shard/stream/byte_rate.h"

#include <doctest/doctest.h>

using namespace vestnik;
using namespace std::chrono_literals;

TEST_CASE("a rate lets a second's worth through and then has reading rest") {
  ByteRate rate(1'000'000);
  const ByteRate::Clock::time_point now{};
  rate.count(1'000'000, now);
  CHECK(rate.owed(now) == 0ms);
  rate.count(500'000, now);
  CHECK(rate.owed(now) == 500ms);
  CHECK(rate.owed(now + 500ms) == 0ms);
}

TEST_CASE("a rate counts small pieces too") {
  ByteRate rate(1'000'000);
  const ByteRate::Clock::time_point now{};
  for (int piece = 0; piece < 15'000; ++piece) rate.count(100, now);
  CHECK(rate.owed(now) == 500ms);
}
