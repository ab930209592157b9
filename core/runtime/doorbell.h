#pragma once
#include <atomic>
#include <cstdint>

namespace vestnik {

/// Wakes a thread that sleeps in epoll, and costs nothing but a load while it is awake.
///
/// The sleeper: arm(); look at its queues once more; sleep on fd(); disarm(). The waker: push; ring(). Both
/// the push and the flag are sequentially consistent, so either the sleeper sees the push or the waker sees
/// the flag.
class Doorbell {
 public:
  Doorbell();
  ~Doorbell();
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  /// Any thread.
  void ring() {
    if (asleep_.load(std::memory_order_seq_cst) && asleep_.exchange(false, std::memory_order_seq_cst))
      write_event();
  }
  void arm() { asleep_.store(true, std::memory_order_seq_cst); }
  void disarm() { asleep_.store(false, std::memory_order_relaxed); }
  /// Readable after a ring; clear() makes it unreadable again.
  int fd() const { return fd_; }
  void clear() const;

 private:
  void write_event() const;
  int fd_;
  alignas(64) std::atomic<bool> asleep_{false};
};

}  // namespace vestnik
