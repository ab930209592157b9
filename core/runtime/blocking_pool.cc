#include "core/runtime/blocking_pool.h"

#include <memory>
#include <utility>

namespace vestnik {

BlockingPool::BlockingPool(std::size_t threads, std::size_t queue_limit) : queue_limit_(queue_limit) {
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

BlockingPool::~BlockingPool() {
  {
    const std::scoped_lock lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
}

bool BlockingPool::submit(std::move_only_function<void()> job) {
  {
    const std::scoped_lock lock(mutex_);
    if (closing_ || jobs_.size() >= queue_limit_) return false;
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

Task<bool> BlockingPool::run(Reactor& reactor, std::move_only_function<void()> job) {
  // Shared: the reactor may be gone from under a suspended coroutine at a hard stop, the pool's thread must
  // not care.
  auto done = std::make_shared<Event>(reactor);
  auto wrapped = [&reactor, done, job = std::move(job)]() mutable {
    job();
    reactor.post([done] { done->set(); });
  };
  const bool accepted = submit(std::move(wrapped));
  if (accepted) co_await done->wait();
  co_return accepted;
}

void BlockingPool::work() {
  for (;;) {
    std::move_only_function<void()> job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return closing_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace vestnik
