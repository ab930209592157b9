#include "core/runtime/reactor.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "core/runtime/blocking_pool.h"
#include "core/runtime/event.h"
#include "core/runtime/mpsc_queue.h"
#include "core/runtime/task_scope.h"

namespace vestnik {
namespace {

TEST_CASE("many threads push, one pops: nothing is lost and each one's order is kept") {
  struct Node : MpscNode {
    std::size_t producer = 0;
    std::size_t number = 0;
  };
  constexpr std::size_t kProducers = 4;
  constexpr std::size_t kEach = 20'000;
  MpscQueue queue;
  std::vector<std::thread> threads;
  for (std::size_t producer = 0; producer < kProducers; ++producer) {
    threads.emplace_back([&queue, producer] {
      for (std::size_t number = 0; number < kEach; ++number) {
        auto node = std::make_unique<Node>();
        node->producer = producer;
        node->number = number;
        queue.push(node.release());
      }
    });
  }
  std::array<std::size_t, kProducers> next{};
  for (std::size_t got = 0; got < kProducers * kEach;) {
    const std::unique_ptr<Node> node(static_cast<Node*>(queue.try_pop()));
    if (!node) continue;
    REQUIRE(node->number == next[node->producer]);
    ++next[node->producer];
    ++got;
  }
  for (auto& thread : threads) thread.join();
  CHECK(queue.empty());
}

TEST_CASE("posts from other threads wake a sleeping reactor, every time") {
  Reactor reactor;
  std::atomic<int> ran{0};
  std::thread thread([&] { reactor.run(); });
  // Each post waits for the one before, so the reactor has gone to sleep, or is about to, whenever one comes.
  for (int i = 0; i < 3'000; ++i) {
    reactor.post([&] {
      ran.fetch_add(1);
      ran.notify_one();
    });
    ran.wait(i);
  }
  reactor.stop();
  thread.join();
  CHECK(ran == 3'000);
}

TEST_CASE("work at the end of the turn runs after the handlers, and its own follows at once") {
  Reactor reactor;
  std::vector<int> order;
  reactor.post([&] {
    reactor.at_turn_end([&] {
      order.push_back(2);
      reactor.at_turn_end([&] {
        order.push_back(3);
        reactor.stop();
      });
    });
    order.push_back(1);
  });
  reactor.run();
  CHECK(order == std::vector{1, 2, 3});
}

Task<void> wait_twice(Reactor& reactor, Event& event, int& woken) {
  co_await event.wait();
  ++woken;
  reactor.post([&event] { event.set(); });
  co_await event.wait();
  ++woken;
}

TEST_CASE("an event wakes its waiter, and remembers one call that came first") {
  Reactor reactor;
  Log log({.level = LogLevel::off, .file = "/dev/null"});
  int woken = 0;
  {
    TaskScope scope(reactor, log);
    Event event(reactor);
    reactor.post([&] {
      event.set();
      scope.spawn("waits", wait_twice(reactor, event, woken));
      scope.on_empty([&] { reactor.stop(); });
    });
    reactor.run();
  }
  CHECK(woken == 2);
}

TEST_CASE("the handler that ends a sleep sees the time at which it runs") {
  Reactor reactor;
  const auto started = Reactor::Clock::now();
  boost::asio::basic_waitable_timer<Reactor::Clock, boost::asio::wait_traits<Reactor::Clock>, Executor> sleep(
      reactor.executor(), std::chrono::milliseconds{50});
  Reactor::Clock::time_point seen{};
  sleep.async_wait([&](const boost::system::error_code&) {
    seen = reactor.now();
    reactor.stop();
  });
  reactor.run();
  CHECK(seen >= started + std::chrono::milliseconds{50});
}

Task<void> hash_elsewhere(BlockingPool& pool, Reactor& reactor, std::thread::id& ran_on, bool& resumed) {
  auto job = [&ran_on] { ran_on = std::this_thread::get_id(); };
  const bool ran = co_await pool.run(reactor, job);
  resumed = ran;
}

TEST_CASE("blocking work runs on another thread and resumes on the reactor") {
  Reactor reactor;
  Log log({.level = LogLevel::off, .file = "/dev/null"});
  BlockingPool pool(1, 10);
  std::thread::id ran_on;
  bool resumed = false;
  {
    TaskScope scope(reactor, log);
    reactor.post([&] {
      scope.spawn("hash", hash_elsewhere(pool, reactor, ran_on, resumed));
      scope.on_empty([&] { reactor.stop(); });
    });
    reactor.run();
  }
  CHECK(resumed);
  CHECK(ran_on != std::this_thread::get_id());
}

}  // namespace
}  // namespace vestnik
