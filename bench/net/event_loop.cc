#include "bench/net/event_loop.h"

#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <span>
#include <system_error>
#include <utility>

namespace vestnik::bench {
namespace {

void control(int epoll, int operation, int fd, std::uint32_t events, EventLoop::Handler* handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = handler;
  if (::epoll_ctl(epoll, operation, fd, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

}  // namespace

EventLoop::EventLoop()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      doorbell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      scratch_(std::make_unique<Scratch>()) {
  if (!epoll_ || !doorbell_) throw std::system_error(errno, std::generic_category(), "epoll or eventfd");
  // Edge-triggered, so that nobody has to read the counter; no handler: waking up is all it is for.
  control(epoll_.get(), EPOLL_CTL_ADD, doorbell_.get(), EPOLLIN | EPOLLET, nullptr);
}

void EventLoop::add(int fd, std::uint32_t epoll_events, Handler& handler) {
  control(epoll_.get(), EPOLL_CTL_ADD, fd, epoll_events, &handler);
}

void EventLoop::modify(int fd, std::uint32_t epoll_events, Handler& handler) {
  control(epoll_.get(), EPOLL_CTL_MOD, fd, epoll_events, &handler);
}

void EventLoop::remove(int fd, Handler& handler) {
  control(epoll_.get(), EPOLL_CTL_DEL, fd, 0, nullptr);
  for (epoll_event& event : std::span(events_).first(event_count_)) {
    if (event.data.ptr == &handler) event.data.ptr = nullptr;
  }
}

void EventLoop::post(std::function<void()> function) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(function));
  }
  if (asleep_.exchange(false)) ::eventfd_write(doorbell_.get(), 1);
}

void EventLoop::stop() {
  stopping_ = true;
  post([] {});
}

void EventLoop::call_at(Clock::time_point when, std::function<void()> function) {
  timers_.emplace(when, std::move(function));
}

void EventLoop::run() {
  ::prctl(PR_SET_TIMERSLACK,
          1UL);  // the default adds 50 us to every timer, which an open loop would report as latency
  while (!stopping_) {
    run_posted();
    run_timers();
    wait_and_handle();
  }
  run_posted();
}

void EventLoop::finish_event() {
  while (true) {
    for (std::size_t i = 0; i < to_flush_.size(); ++i) to_flush_[i]->flush();
    to_flush_.clear();
    if (deferred_.empty()) return;
    for (const auto& function : std::exchange(deferred_, {})) function();
  }
}

void EventLoop::run_posted() {
  std::vector<std::function<void()>> batch;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(posted_);
  }
  for (const auto& function : batch) function();
  finish_event();  // once: functions that write to the same connection share a record
}

void EventLoop::run_timers() {
  const auto now = Clock::now();  // once, so that a timer that falls behind cannot starve the sockets
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const auto due = timers_.extract(timers_.begin());
    due.mapped()();
    finish_event();
  }
}

std::optional<std::chrono::nanoseconds> EventLoop::sleep_time() {
  asleep_ = true;  // before the look at posted_: whoever posts after it sees the flag and rings
  const std::lock_guard lock(mutex_);
  if (!posted_.empty()) return std::chrono::nanoseconds(0);
  if (timers_.empty()) return std::nullopt;
  return std::max(std::chrono::nanoseconds(timers_.begin()->first - Clock::now()),
                  std::chrono::nanoseconds(0));
}

void EventLoop::wait_and_handle() {
  const auto sleep = sleep_time();
  timespec timeout{};
  if (sleep) {
    timeout.tv_sec = *sleep / std::chrono::seconds(1);
    timeout.tv_nsec = (*sleep % std::chrono::seconds(1)).count();
  }
  const int count =
      ::epoll_pwait2(epoll_.get(), events_.data(), kEventsPerTurn, sleep ? &timeout : nullptr, nullptr);
  asleep_.store(false, std::memory_order_relaxed);
  if (count < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "epoll_pwait2");
  event_count_ = count > 0 ? static_cast<std::size_t>(count) : 0;
  for (std::size_t i = 0; i < event_count_; ++i) {
    if (events_[i].data.ptr == nullptr) continue;
    static_cast<Handler*>(events_[i].data.ptr)->on_events(events_[i].events);
    finish_event();
  }
  event_count_ = 0;
}

}  // namespace vestnik::bench
