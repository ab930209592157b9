#include "core/runtime/timer_wheel.h"

#include <algorithm>

namespace vestnik {

std::uint64_t TimerWheel::tick_at(Clock::time_point at) const {
  return at <= start_ ? 0 : static_cast<std::uint64_t>((at - start_) / kTick);
}

void TimerWheel::set(Timer& timer, Clock::time_point now, std::chrono::milliseconds delay) {
  timer.cancel();
  // Rounded up, and never the tick that has been handled already.
  timer.due_tick_ = std::max(tick_at(now + delay) + 1, tick_ + 1);
  place(timer);
}

void TimerWheel::place(Timer& timer) {
  const std::uint64_t distance = timer.due_tick_ - tick_;
  unsigned level = 0;
  while (level + 1 < kLevels && distance >= (std::uint64_t{1} << (kBits * (level + 1)))) ++level;
  const std::uint64_t farthest = tick_ + (std::uint64_t{1} << (kBits * kLevels)) - 1;
  const std::uint64_t at = std::min(timer.due_tick_, farthest);
  slots_[level][(at >> (kBits * level)) % kSlots].push_back(timer);
}

void TimerWheel::cascade(unsigned level) {
  List moving;
  moving.swap(slots_[level][(tick_ >> (kBits * level)) % kSlots]);
  while (!moving.empty()) {
    Timer& timer = moving.front();
    timer.cancel();
    place(timer);
  }
}

void TimerWheel::fire_current_slot() {
  // One at a time from the front: a callback may destroy any of the others, which then unlink themselves.
  List due;
  due.swap(slots_[0][tick_ % kSlots]);
  while (!due.empty()) {
    Timer& timer = due.front();
    timer.cancel();
    if (timer.due_tick_ > tick_) {
      place(timer);
    } else {
      const auto on_due = timer.on_due_;  // a copy: the callback may destroy the timer
      on_due();
    }
  }
}

void TimerWheel::advance(Clock::time_point now) {
  const std::uint64_t target = tick_at(now);
  while (tick_ < target) {
    ++tick_;
    for (unsigned level = 1; level < kLevels; ++level) {
      if (tick_ % (std::uint64_t{1} << (kBits * level)) != 0) break;
      cascade(level);
    }
    fire_current_slot();
  }
}

TimerWheel::Clock::time_point TimerWheel::next_due() const {
  bool any = false;
  for (std::uint64_t ahead = 1; ahead <= kSlots; ++ahead) {
    const std::uint64_t tick = tick_ + ahead;
    // At a turn of the lowest wheel the next one may hand timers down.
    if (tick % kSlots == 0 || !slots_[0][tick % kSlots].empty()) {
      any = !slots_[0][tick % kSlots].empty();
      for (const auto& level : slots_) {
        any = any || std::any_of(level.begin(), level.end(), [](const List& slot) { return !slot.empty(); });
      }
      if (!any) return Clock::time_point::max();
      return start_ + kTick * static_cast<std::int64_t>(tick);
    }
  }
  return Clock::time_point::max();
}

}  // namespace vestnik
