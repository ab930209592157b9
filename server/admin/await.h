#pragma once
#include <memory>
#include <optional>
#include <utility>

#include "core/runtime/event.h"
#include "core/runtime/reactor.h"

namespace vestnik::admin {

/// The sending end of await_result(): called once, on any thread. Dropped uncalled, it lets the waiter go
/// without a value.
template <typename T>
class Delivery {
 public:
  /// What both ends share; all but `here` belongs to that reactor's thread.
  struct State {
    explicit State(Reactor& reactor) : here(reactor), done(reactor) {}
    Reactor& here;
    Event done;
    std::optional<T> value;
  };

  explicit Delivery(std::shared_ptr<State> state) : state_(std::move(state)) {}
  Delivery(Delivery&&) noexcept = default;
  Delivery& operator=(Delivery&&) = delete;
  ~Delivery() {
    if (state_) finish(std::nullopt);
  }

  void operator()(T value) { finish(std::move(value)); }

 private:
  void finish(std::optional<T> value) {
    Reactor& here = state_->here;
    here.post([state = std::move(state_), value = std::move(value)]() mutable {
      state->value = std::move(value);
      state->done.set();
    });
  }

  std::shared_ptr<State> state_;
};

/// Waits on the reactor `here` for what another thread delivers: `start` hands the Delivery<T> to it.
template <typename T, typename Start>
Task<std::optional<T>> await_result(Reactor& here, Start start) {
  auto state = std::make_shared<typename Delivery<T>::State>(here);
  start(Delivery<T>(state));
  co_await state->done.wait();
  co_return std::move(state->value);
}

}  // namespace vestnik::admin
