#pragma once
#include <functional>
#include <string_view>

#include "core/log/log.h"
#include "core/runtime/reactor.h"

namespace vestnik {

/// Owns the coroutines it starts: every coroutine of the server belongs to one (plain `detached` would lose
/// exceptions). An exception that leaves a coroutine is logged with the coroutine's name and ends only that
/// coroutine. The scope must be empty when it is destroyed: end the coroutines by closing what they wait for,
/// and wait for on_empty(). One thread.
class TaskScope {
 public:
  TaskScope(Reactor& reactor, Log& log) : reactor_(reactor), log_(log) {}
  ~TaskScope();
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;

  /// Starts `task`. `name` is a literal for the log.
  void spawn(std::string_view name, Task<void> task);
  std::size_t active() const { return active_; }
  /// Calls `function` once when the last coroutine has ended; at once if there is none.
  void on_empty(std::function<void()> function);

 private:
  void ended(std::string_view name, const std::exception_ptr& failure);

  Reactor& reactor_;
  Log& log_;
  std::size_t active_ = 0;
  std::function<void()> on_empty_;
};

}  // namespace vestnik
