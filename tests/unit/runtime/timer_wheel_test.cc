#include "core/runtime/timer_wheel.h"

#include <doctest/doctest.h>

#include <memory>
#include <random>
#include <vector>

namespace vestnik {
namespace {

using namespace std::chrono_literals;
using Clock = TimerWheel::Clock;

TEST_CASE("timers fire in time and never early, whatever their distance") {
  const Clock::time_point start{};
  TimerWheel wheel(start);
  std::mt19937 random(7);  // NOLINT: seeded on purpose
  struct Wait {
    std::chrono::milliseconds delay;
    Clock::time_point fired{};
    std::unique_ptr<Timer> timer;
  };
  std::vector<Wait> waits(500);
  Clock::time_point now = start;
  for (auto& wait : waits) {
    wait.delay = std::chrono::milliseconds(random() % 10'000'000);
    wait.timer = std::make_unique<Timer>([&wait, &now] { wait.fired = now; });
    wheel.set(*wait.timer, now, wait.delay);
  }
  while (wheel.next_due() != Clock::time_point::max()) {
    now = std::max(now + 1ms, wheel.next_due());
    wheel.advance(now);
  }
  for (const auto& wait : waits) {
    CHECK(wait.fired >= start + wait.delay);
    CHECK(wait.fired <= start + wait.delay + 2 * TimerWheel::kTick);
  }
}

TEST_CASE("a cancelled or destroyed timer does not fire") {
  TimerWheel wheel(Clock::time_point{});
  int fired = 0;
  Timer cancelled([&] { ++fired; });
  wheel.set(cancelled, Clock::time_point{}, 1s);
  cancelled.cancel();
  {
    Timer destroyed([&] { ++fired; });
    wheel.set(destroyed, Clock::time_point{}, 1s);
  }
  wheel.advance(Clock::time_point{} + 5s);
  CHECK(fired == 0);
  CHECK(wheel.next_due() == Clock::time_point::max());
}

TEST_CASE("a callback may set its own timer again, and destroy others due at the same tick") {
  TimerWheel wheel(Clock::time_point{});
  int again = 0;
  int other = 0;
  auto victim = std::make_unique<Timer>([&] { ++other; });
  Timer* self = nullptr;
  Timer repeating([&] {
    victim.reset();
    if (++again < 3) wheel.set(*self, Clock::time_point{} + again * 1s, 1s);
  });
  self = &repeating;
  wheel.set(repeating, Clock::time_point{}, 1s);
  wheel.set(*victim, Clock::time_point{}, 1s);
  wheel.advance(Clock::time_point{} + 10s);
  CHECK(again == 3);
  CHECK(other == 0);
}

}  // namespace
}  // namespace vestnik
