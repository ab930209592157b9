#pragma once
#include <chrono>
#include <deque>
#include <functional>
#include <utility>

#include "core/runtime/reactor.h"

namespace vestnik {

/// Things that something is to happen to after one and the same delay: a queue and one timer for all of them,
/// however many there are. Kept to within a tick of the timer wheel. The reactor's thread.
template <typename T>
class DelayLine {
 public:
  DelayLine(Reactor& reactor, std::chrono::milliseconds delay, std::function<void(T)> due)
      : reactor_(reactor), delay_(delay), due_(std::move(due)), timer_([this] { on_timer(); }) {}
  DelayLine(const DelayLine&) = delete;
  DelayLine& operator=(const DelayLine&) = delete;

  void add(T thing) {
    waiting_.push_back({reactor_.now() + delay_, std::move(thing)});
    if (!timer_.armed()) reactor_.set(timer_, delay_);
  }

 private:
  struct Waiting {
    std::chrono::steady_clock::time_point due;
    T thing;
  };

  void on_timer() {
    const auto now = reactor_.now();
    while (!waiting_.empty() && waiting_.front().due <= now) {
      T thing = std::move(waiting_.front().thing);
      waiting_.pop_front();
      due_(std::move(thing));
    }
    if (waiting_.empty()) return;
    reactor_.set(timer_, std::chrono::ceil<std::chrono::milliseconds>(waiting_.front().due - now));
  }

  Reactor& reactor_;
  std::chrono::milliseconds delay_;
  std::function<void(T)> due_;
  std::deque<Waiting> waiting_;
  Timer timer_;
};

}  // namespace vestnik
