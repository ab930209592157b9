#pragma once
#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bench/net/unique_fd.h"

namespace vestnik::bench {

using Clock = std::chrono::steady_clock;

/// One thread's epoll loop: readiness, timers, and functions posted from other threads. Smaller than the
/// server's reactor on purpose: what the load generator and the relay spend here is taken from the server
/// they measure.
class EventLoop {
 public:
  /// What a descriptor's readiness is reported to; it outlives its registration.
  class Handler {
   public:
    virtual ~Handler() = default;
    virtual void on_events(std::uint32_t epoll_events) = 0;
  };
  /// Something with bytes to send once the current event has been dealt with, so that all that one event
  /// caused leaves in one piece.
  class Flushable {
   public:
    virtual ~Flushable() = default;
    virtual void flush() = 0;
  };
  /// Buffers shared by the connections of a loop, of which only one is at work at a time.
  struct Scratch {
    std::array<char, 65'536> received;
    std::array<char, 65'536> plain;
    std::string ciphertext;
  };

  EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop() = default;

  /// The calling thread becomes the loop's thread, until stop().
  void run();
  /// Any thread.
  void stop();
  /// Any thread: `function` runs on the loop's thread. The doorbell rings only while the loop sleeps.
  void post(std::function<void()> function);

  /// Throw std::system_error; `epoll_events` as in epoll_ctl(2).
  void add(int fd, std::uint32_t epoll_events, Handler& handler);
  void modify(int fd, std::uint32_t epoll_events, Handler& handler);
  /// Forgets `handler` at once: events that epoll has already reported for it are dropped.
  void remove(int fd, Handler& handler);

  /// Calls once, at `when` or some tens of microseconds after.
  void call_at(Clock::time_point when, std::function<void()> function);
  /// Flushes before the next event is looked at; `flushable` must still exist then.
  void flush_soon(Flushable& flushable) { to_flush_.push_back(&flushable); }
  /// Runs after the current event and its flushing: for destroying what is still on the call stack.
  void defer(std::function<void()> function) { deferred_.push_back(std::move(function)); }

  Scratch& scratch() { return *scratch_; }

 private:
  void finish_event();
  void run_posted();
  void run_timers();
  /// How long epoll may sleep; nullopt: until something happens.
  std::optional<std::chrono::nanoseconds> sleep_time();
  void wait_and_handle();

  static constexpr std::size_t kEventsPerTurn = 256;

  UniqueFd epoll_;
  UniqueFd doorbell_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> asleep_{false};
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  ///< guarded by mutex_
  std::multimap<Clock::time_point, std::function<void()>> timers_;
  std::array<epoll_event, kEventsPerTurn> events_;
  std::size_t event_count_ = 0;
  std::vector<Flushable*> to_flush_;
  std::vector<std::function<void()>> deferred_;
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace vestnik::bench
