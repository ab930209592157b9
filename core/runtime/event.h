#pragma once
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <utility>

#include "core/runtime/reactor.h"

namespace vestnik {

/// Lets one coroutine wait until somebody on the same thread calls set(). A set() that comes first is
/// remembered once. Closing what a coroutine waits for is done by set() too: the waiter looks at its own
/// state afterwards. One thread.
class Event {
 public:
  explicit Event(Reactor& reactor) : reactor_(&reactor) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  /// Wakes the waiter, in a turn of its own.
  void set() {
    if (waiter_) {
      boost::asio::post(reactor_->executor(), std::exchange(waiter_, nullptr));
    } else {
      is_set_ = true;
    }
  }

  /// Returns after the next set(), or at once if one came before. At most one waiter at a time.
  Task<void> wait() {
    if (std::exchange(is_set_, false)) co_return;
    auto initiate = [this](auto handler) { waiter_ = std::move(handler); };
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<Executor>, void()>(initiate,
                                                                                               kAwait);
  }

 private:
  Reactor* reactor_;
  std::move_only_function<void()> waiter_;
  bool is_set_ = false;
};

}  // namespace vestnik
