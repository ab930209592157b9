#pragma once
#include <deque>
#include <mutex>
#include <semaphore>
#include <utility>

#include "core/storage/storage.h"

namespace vestnik::storage {

/// Waits for reports of the state.
class StateChanges {
 public:
  Events events() {
    return {.group_end = {}, .state = [this](const Status& status) {
              const std::lock_guard lock(mutex_);
              reports_.push_back(status);
              changes_.release();
            }};
  }
  Status next() {
    changes_.acquire();
    const std::lock_guard lock(mutex_);
    Status first = std::move(reports_.front());
    reports_.pop_front();
    return first;
  }

 private:
  std::counting_semaphore<> changes_{0};
  std::mutex mutex_;
  std::deque<Status> reports_;
};

}  // namespace vestnik::storage
