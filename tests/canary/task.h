#pragma once
#include <coroutine>
#include <exception>
#include <utility>

namespace canary {

/// The smallest lazy coroutine with a result: enough to see what the compiler makes of a co_await expression.
template <typename T>
class [[nodiscard]] Task {
 public:
  struct promise_type {
    Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct Back {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> done) noexcept {
          auto waiting = done.promise().waiting;
          return waiting ? waiting : std::noop_coroutine();
        }
        void await_resume() noexcept {}
      };
      return Back{};
    }
    void return_value(T result) { value = std::move(result); }
    void unhandled_exception() { error = std::current_exception(); }

    T value{};
    std::exception_ptr error;
    std::coroutine_handle<> waiting;
  };

  explicit Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (frame_) frame_.destroy();
  }

  bool await_ready() const { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) {
    frame_.promise().waiting = waiting;
    return frame_;
  }
  T await_resume() { return take(); }

  /// Runs to the end: nothing in these tests really waits.
  T run() {
    frame_.resume();
    return take();
  }

 private:
  T take() {
    if (frame_.promise().error) std::rethrow_exception(frame_.promise().error);
    return std::move(frame_.promise().value);
  }

  std::coroutine_handle<promise_type> frame_;
};

}  // namespace canary
