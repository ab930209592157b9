#pragma once
#include <array>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

namespace vestnik {

class TimerWheel;

/// A deadline. Destroying or cancelling it takes it off the wheel; set() again moves it. Not movable: lives
/// where it is used. The wheel's thread only.
class Timer
    : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  explicit Timer(std::function<void()> on_due) : on_due_(std::move(on_due)) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  bool armed() const { return is_linked(); }
  void cancel() { unlink_if_armed(); }

 private:
  friend class TimerWheel;
  void unlink_if_armed() {
    if (is_linked()) unlink();
  }
  std::function<void()> on_due_;
  std::uint64_t due_tick_ = 0;
};

/// A hierarchical timer wheel with ticks of 100 ms (RULES 9): setting and cancelling are O(1) whatever the
/// number of timers. Deadlines are kept to within one tick, never early. One thread.
class TimerWheel {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kTick{100};

  explicit TimerWheel(Clock::time_point start) : start_(start) {}
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// (Re)arms `timer` to be due `delay` after `now`.
  void set(Timer& timer, Clock::time_point now, std::chrono::milliseconds delay);
  /// Calls what is due. A callback may set, cancel or destroy any timer, its own included.
  void advance(Clock::time_point now);
  /// When advance() should be called next at the latest; time_point::max() when no timer is armed.
  Clock::time_point next_due() const;

 private:
  static constexpr unsigned kBits = 6;
  static constexpr std::size_t kSlots = 1U << kBits;
  static constexpr unsigned kLevels = 4;  // 64^4 ticks: 19 days; later deadlines wait in the last slot
  using List = boost::intrusive::list<Timer, boost::intrusive::constant_time_size<false>>;

  std::uint64_t tick_at(Clock::time_point at) const;
  void place(Timer& timer);
  void cascade(unsigned level);
  void fire_current_slot();

  Clock::time_point start_;
  std::uint64_t tick_ = 0;  ///< every timer due at or before this tick has fired
  std::array<std::array<List, kSlots>, kLevels> slots_;
};

}  // namespace vestnik
