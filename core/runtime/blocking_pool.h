#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "core/runtime/event.h"
#include "core/runtime/reactor.h"

namespace vestnik {

/// Threads for work that would hold up a shard: password hashing, reading certificate files. Bounded: when
/// `queue_limit` jobs wait, further ones are refused and the caller answers "try again".
class BlockingPool {
 public:
  BlockingPool(std::size_t threads, std::size_t queue_limit);
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  /// Any thread. False: the queue is full, or the pool is closing.
  bool submit(std::move_only_function<void()> job);

  /// Runs `job` on a pool thread and resumes the calling coroutine on its reactor. False: refused, nothing
  /// ran.
  Task<bool> run(Reactor& reactor, std::move_only_function<void()> job);

 private:
  void work();

  std::size_t queue_limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::move_only_function<void()>> jobs_;
  bool closing_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace vestnik
