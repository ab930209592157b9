#pragma once
#include <chrono>
#include <cmath>
#include <functional>
#include <utility>

#include "bench/net/event_loop.h"

namespace vestnik::bench {

/// Begins operations at a steady rate that does not wait for answers: an open loop. Each gets the time at
/// which it was due; latency counted from there includes what the load generator or a stalled server held up
/// ("coordinated omission").
class Pacer {
 public:
  using Begin = std::function<void(Clock::time_point due)>;

  /// `per_second` > 0. Must live as long as the loop runs.
  Pacer(EventLoop& loop, double per_second, Begin begin)
      : loop_(loop), interval_(std::llround(1e9 / per_second)), begin_(std::move(begin)) {}

  void start() {
    running_ = true;
    next_ = Clock::now();
    tick();
  }
  void stop() { running_ = false; }

 private:
  static constexpr int kMostAtOnce = 64;  ///< before the sockets get their turn again

  void tick() {
    if (!running_) return;
    const auto now = Clock::now();
    for (int i = 0; i < kMostAtOnce && next_ <= now; ++i, next_ += interval_) begin_(next_);
    loop_.call_at(next_, [this] { tick(); });
  }

  EventLoop& loop_;
  std::chrono::nanoseconds interval_;
  Begin begin_;
  Clock::time_point next_;
  bool running_ = false;
};

}  // namespace vestnik::bench
