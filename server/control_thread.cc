#include "server/control_thread.h"

#include <pthread.h>
#include <signal.h>

#include <boost/asio/as_tuple.hpp>
#include <future>

#include "server/admin/shard_calls.h"

namespace vestnik {

ControlThread::ControlThread(Log& log, const ServiceNotifier& notifier, const Services& services,
                             admin::Process& process, admin::ControlSocket& socket)
    : log_(log),
      notifier_(notifier),
      process_(process),
      scope_(reactor_, log),
      context_{reactor_, services, process},
      table_(log, [&process] { return process.config(); }),
      account_commands_(context_),
      session_commands_(context_),
      s2s_commands_(context_),
      component_commands_(context_),
      process_commands_(context_),
      server_(reactor_, scope_, table_, socket),
      signals_(reactor_.executor(), SIGTERM, SIGINT, SIGHUP),
      watchdog_due_(reactor_),
      watchdog_timer_([this] { watchdog_due_.set(); }),
      heap_trimmer_(reactor_) {
  account_commands_.bind(table_);
  session_commands_.bind(table_);
  s2s_commands_.bind(table_);
  component_commands_.bind(table_);
  process_commands_.bind(table_);
  table_.check_complete();
}

ControlThread::~ControlThread() { stop(); }

void ControlThread::start() {
  server_.start();
  scope_.spawn("signals", watch_signals());
  heap_trimmer_.start();
  if (const auto period = notifier_.watchdog()) scope_.spawn("watchdog", feed_watchdog(*period / 2));
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "control");
    sigset_t handled;
    ::sigemptyset(&handled);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&handled, signal);
    ::pthread_sigmask(SIG_UNBLOCK, &handled, nullptr);
    reactor_.run();
  });
}

void ControlThread::refuse_commands() {
  std::promise<void> done;
  reactor_.post([&] {
    closing_ = true;
    table_.close();
    watchdog_due_.set();
    done.set_value();
  });
  done.get_future().wait();
}

void ControlThread::stop() {
  if (!thread_.joinable()) return;
  reactor_.post([this] {
    boost::system::error_code ignored;
    signals_.cancel(ignored);
    heap_trimmer_.stop();
    server_.close();
    scope_.on_empty([this] { reactor_.stop(); });
  });
  thread_.join();
}

Task<void> ControlThread::watch_signals() {
  for (;;) {
    auto [error, signal] = co_await signals_.async_wait(boost::asio::as_tuple(kAwait));
    if (error) co_return;
    log_.info("signal", {{"number", signal}});
    if (signal == SIGHUP) {
      if (!stop_requested_) scope_.spawn("reload", reload_by_signal());
    } else if (!stop_requested_) {
      stop_requested_ = true;
      process_.request_stop();
    } else {
      cut_connections();
    }
  }
}

Task<void> ControlThread::reload_by_signal() {
  const auto outcome = co_await process_.reload();
  if (!outcome) log_.error("reload.failed", {{"reason", outcome.error()}});
}

/// The second signal: an orderly stop that still waits for connections does not wait any longer.
void ControlThread::cut_connections() {
  if (closing_) return;  // they are gone already
  for (Shard* shard : context_.services.shards) {
    shard->reactor().post([shard] { shard->abort_connections(); });
  }
}

/// Says that the process is alive if every shard answers: one that is stuck gets it restarted.
Task<void> ControlThread::feed_watchdog(std::chrono::milliseconds interval) {
  while (!closing_) {
    reactor_.set(watchdog_timer_, interval);
    co_await watchdog_due_.wait();
    if (closing_) co_return;
    auto ping = [](Shard&) { return true; };
    const auto answers = co_await admin::on_all_shards<bool>(&context_, ping);
    if (answers) notifier_.alive();
  }
}

}  // namespace vestnik
