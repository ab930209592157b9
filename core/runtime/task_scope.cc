#include "core/runtime/task_scope.h"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "proto/base/assert.h"

namespace vestnik {

TaskScope::~TaskScope() { VESTNIK_ASSERT(active_ == 0); }

void TaskScope::spawn(std::string_view name, Task<void> task) {
  ++active_;
  boost::asio::co_spawn(reactor_.executor(), std::move(task),
                        [this, name](const std::exception_ptr& failure) { ended(name, failure); });
}

void TaskScope::ended(std::string_view name, const std::exception_ptr& failure) {
  --active_;
  if (failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      log_.error("task.failed", {{"task", name}, {"error", error.what()}});
    }
  }
  if (active_ == 0 && on_empty_) std::exchange(on_empty_, nullptr)();
}

void TaskScope::on_empty(std::function<void()> function) {
  if (active_ == 0) return function();
  on_empty_ = std::move(function);
}

}  // namespace vestnik
