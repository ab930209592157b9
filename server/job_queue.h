#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

namespace vestnik {

/// Work for a thread that has nothing else to do: the main thread, which alone may reload and stop the
/// shards.
class JobQueue {
 public:
  using Job = std::move_only_function<void()>;

  /// Any thread.
  void push(Job job) {
    {
      const std::scoped_lock lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
  }

  /// Waits for the next job.
  Job pop() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return !jobs_.empty(); });
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    return job;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
};

}  // namespace vestnik
