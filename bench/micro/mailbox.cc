#include <future>
#include <memory>
#include <thread>

#include "bench/micro/micro.h"
#include "core/runtime/mpsc_queue.h"
#include "core/runtime/reactor.h"

namespace vestnik::bench {
namespace {

/// Push and pop on one thread: what the queue costs when nobody competes.
void push_and_pop(std::uint64_t iterations) {
  MpscQueue queue;
  MpscNode node;
  for (std::uint64_t i = 0; i < iterations; ++i) {
    queue.push(&node);
    keep(queue.try_pop());
  }
}

class Hop final : public Posted {
 public:
  Hop(std::uint64_t& left, std::promise<void>& done) : Posted(sizeof(Hop)), left_(left), done_(done) {}
  void run() override {
    if (--left_ == 0) done_.set_value();
  }

 private:
  std::uint64_t& left_;
  std::promise<void>& done_;
};

/// As many messages as can be made from this thread to a reactor's: the hop under load, allocation included.
void stream_of_hops(std::uint64_t iterations) {
  Reactor reactor;
  std::thread thread([&reactor] { reactor.run(); });
  std::uint64_t left = iterations;
  std::promise<void> done;
  for (std::uint64_t i = 0; i < iterations; ++i) reactor.post(std::make_unique<Hop>(left, done));
  done.get_future().wait();
  reactor.stop();
  thread.join();
}

/// One message there and one back, again and again: each finds the other thread asleep.
class PingPong final : public Posted {
 public:
  PingPong(Reactor& here, Reactor& there, std::uint64_t left, std::promise<void>& done)
      : Posted(sizeof(PingPong)), here_(here), there_(there), left_(left), done_(done) {}
  void run() override {
    if (left_ == 0) return done_.set_value();
    there_.post(std::make_unique<PingPong>(there_, here_, left_ - 1, done_));
  }

 private:
  Reactor& here_;
  Reactor& there_;
  std::uint64_t left_;
  std::promise<void>& done_;
};

void hops_to_sleepers(std::uint64_t iterations) {
  Reactor left;
  Reactor right;
  std::thread left_thread([&left] { left.run(); });
  std::thread right_thread([&right] { right.run(); });
  std::promise<void> done;
  left.post(std::make_unique<PingPong>(left, right, iterations, done));
  done.get_future().wait();
  left.stop();
  right.stop();
  left_thread.join();
  right_thread.join();
}

}  // namespace

void add_mailbox(std::vector<Micro>& all) {
  all.push_back({"mailbox/push-and-pop", push_and_pop});
  all.push_back({"mailbox/hop-in-a-stream", stream_of_hops, 100'000, false});
  all.push_back({"mailbox/hop-to-a-sleeper", hops_to_sleepers, 5'000, false});
}

}  // namespace vestnik::bench
