#pragma once
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/runtime/doorbell.h"
#include "core/runtime/mpsc_queue.h"
#include "core/runtime/timer_wheel.h"

namespace vestnik {

/// The executor of a reactor's io_context. Named everywhere instead of any_io_executor: coroutine frames
/// shrink by a third.
using Executor = boost::asio::io_context::executor_type;

/// A coroutine on a reactor's thread.
template <typename T>
using Task = boost::asio::awaitable<T, Executor>;

inline constexpr boost::asio::use_awaitable_t<Executor> kAwait{};

/// Something sent to a reactor from another thread. Owned by the queue until run.
class Posted : public MpscNode {
 public:
  explicit Posted(std::size_t cost_bytes) : cost_bytes_(cost_bytes) {}
  Posted(const Posted&) = delete;
  Posted& operator=(const Posted&) = delete;
  virtual ~Posted() = default;
  /// On the receiving reactor's thread, once.
  virtual void run() = 0;
  std::size_t cost_bytes() const { return cost_bytes_; }

 private:
  std::size_t cost_bytes_;
};

/// One thread's event loop: sockets and coroutines by Asio, a lock-free mailbox, timers, and work at the end
/// of each turn.
///
/// A turn: ready handlers run (bounded), the mailbox is drained (bounded by time), due timers fire, then the
/// turn-end work runs (batches for other shards are pushed, outboxes are written). Only a turn that found
/// nothing to do sleeps in epoll.
class Reactor {
 public:
  using Clock = std::chrono::steady_clock;

  Reactor();
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  /// Runs until stop(). The calling thread becomes the reactor's thread.
  void run();
  /// Any thread. The loop ends after its current turn.
  void stop();

  /// Any thread: never blocks, never fails. The mailbox counts `posted->cost_bytes()`.
  void post(std::unique_ptr<Posted> posted);
  /// Any thread: the same for a function.
  void post(std::move_only_function<void()> function);
  /// Bytes waiting in the mailbox. Any thread.
  std::size_t mailbox_bytes() const { return mailbox_bytes_.load(std::memory_order_relaxed); }

  /// The reactor's thread: runs at the end of the current turn, after which it is forgotten.
  void at_turn_end(std::move_only_function<void()> function) { turn_end_.push_back(std::move(function)); }
  /// Runs at the end of every turn, before the functions of at_turn_end(). Returns true if it did something
  /// that may have made more work. Set once, before run().
  void set_turn_work(std::function<bool()> work) { turn_work_ = std::move(work); }

  /// Arms `timer`; the reactor's thread.
  void set(Timer& timer, std::chrono::milliseconds delay) { timers_.set(timer, now(), delay); }

  /// The time, read once per turn.
  Clock::time_point now() {
    if (clock_stale_) read_clock();
    return now_;
  }
  std::chrono::system_clock::time_point wall_now() {
    if (clock_stale_) read_clock();
    return wall_now_;
  }

  boost::asio::io_context& context() { return context_; }
  Executor executor() { return context_.get_executor(); }

 private:
  static constexpr int kHandlersPerTurn = 256;
  static constexpr std::chrono::microseconds kMailboxBudget{500};

  void read_clock();
  bool run_handlers();
  bool drain_mailbox();
  bool run_turn_end();
  void sleep();
  void watch_doorbell();
  void discard_mailbox();

  boost::asio::io_context context_{1};  // 1: one thread, so posts from it take no lock
  Doorbell doorbell_;
  boost::asio::posix::basic_stream_descriptor<Executor> doorbell_watch_;
  MpscQueue mailbox_;
  std::atomic<std::size_t> mailbox_bytes_{0};
  std::atomic<bool> stopping_{false};
  bool clock_stale_ = false;  ///< the thread has slept since the clock was read
  Clock::time_point now_;
  std::chrono::system_clock::time_point wall_now_;
  TimerWheel timers_;
  std::function<bool()> turn_work_;
  std::vector<std::move_only_function<void()>> turn_end_;
};

}  // namespace vestnik
