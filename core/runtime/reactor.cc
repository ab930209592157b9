#include "core/runtime/reactor.h"

#include <boost/asio/executor_work_guard.hpp>

namespace vestnik {
namespace {

class PostedFunction final : public Posted {
 public:
  explicit PostedFunction(std::move_only_function<void()> function)
      : Posted(sizeof(PostedFunction)), function_(std::move(function)) {}
  void run() override { function_(); }

 private:
  std::move_only_function<void()> function_;
};

}  // namespace

Reactor::Reactor()
    : doorbell_watch_(context_.get_executor(), doorbell_.fd()),
      now_(Clock::now()),
      wall_now_(std::chrono::system_clock::now()),
      timers_(now_) {}

Reactor::~Reactor() {
  discard_mailbox();
  doorbell_watch_.release();  // the doorbell owns the descriptor
}

void Reactor::post(std::unique_ptr<Posted> posted) {
  mailbox_bytes_.fetch_add(posted->cost_bytes(), std::memory_order_relaxed);
  mailbox_.push(posted.release());
  doorbell_.ring();
}

void Reactor::post(std::move_only_function<void()> function) {
  post(std::make_unique<PostedFunction>(std::move(function)));
}

void Reactor::stop() {
  stopping_.store(true, std::memory_order_release);
  post([] {});
}

void Reactor::watch_doorbell() {
  doorbell_watch_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                             [this](const boost::system::error_code& error) {
                               if (error) return;
                               doorbell_.clear();
                               watch_doorbell();
                             });
}

void Reactor::read_clock() {
  clock_stale_ = false;
  now_ = Clock::now();
  wall_now_ = std::chrono::system_clock::now();
}

void Reactor::run() {
  const auto work = boost::asio::make_work_guard(context_);
  watch_doorbell();
  while (!stopping_.load(std::memory_order_acquire)) {
    read_clock();
    bool busy = run_handlers();
    busy = drain_mailbox() || busy;
    timers_.advance(now_);
    busy = run_turn_end() || busy;
    if (!busy) sleep();
  }
  run_turn_end();
}

bool Reactor::run_handlers() {
  int ran = 0;
  while (ran < kHandlersPerTurn && context_.poll_one() != 0) ++ran;
  return ran != 0;
}

bool Reactor::drain_mailbox() {
  if (mailbox_.empty()) return false;
  const auto deadline = Clock::now() + kMailboxBudget;
  do {
    const std::unique_ptr<Posted> posted(static_cast<Posted*>(mailbox_.try_pop()));
    if (!posted) break;  // empty, or a push is half done: the next turn finds it
    mailbox_bytes_.fetch_sub(posted->cost_bytes(), std::memory_order_relaxed);
    posted->run();
  } while (Clock::now() < deadline);
  return true;
}

bool Reactor::run_turn_end() {
  bool worked = turn_work_ && turn_work_();
  while (!turn_end_.empty()) {
    worked = true;
    auto functions = std::move(turn_end_);
    turn_end_.clear();
    for (auto& function : functions) function();
  }
  return worked;
}

void Reactor::sleep() {
  doorbell_.arm();
  if (mailbox_.empty() && !stopping_.load(std::memory_order_seq_cst)) {
    clock_stale_ = true;  // run_one() calls the handler that woke it before the next turn begins
    const auto due = timers_.next_due();
    if (due == Clock::time_point::max()) {
      context_.run_one();
    } else {
      context_.run_one_until(due);
    }
  }
  doorbell_.disarm();
}

void Reactor::discard_mailbox() {
  // What is still here at the end belongs to nobody any more; destructors answer for what they own.
  while (!mailbox_.empty()) {
    const std::unique_ptr<Posted> posted(static_cast<Posted*>(mailbox_.try_pop()));
  }
}

}  // namespace vestnik
