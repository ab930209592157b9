#include "bench/load/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "bench/xmpp/login.h"

namespace vestnik::bench {
namespace {

constexpr std::chrono::milliseconds kLook{20};  ///< how often the run looks whether something failed
constexpr std::string_view kUnfinished =
    "operations were still without an answer --timeout after the last had begun";
constexpr std::string_view kNothing =
    "no operation was completed during the measurement: take a longer --duration";
constexpr std::chrono::seconds kMostSelfEnding{3'600};

}  // namespace

Run::Run(const Options& options, const Plan& plan, std::vector<Account> accounts)
    : options_(options), plan_(plan), server_(options.server_pids) {
  report_.label = options.label;
  report_.scenario = plan.name();
  report_.setting = plan.describe();
  report_.operation = plan.operation();
  report_.users = options.users;
  report_.threads = options.threads;
  // Even shares, so that a pair (users 2n and 2n+1) is always on one thread.
  const std::size_t pairs = accounts.size() / 2;
  std::size_t begin = 0;
  for (unsigned i = 0; i < options.threads; ++i) {
    const bool last = i + 1 == options.threads;
    const std::size_t end = last ? accounts.size() : 2 * (pairs * (i + 1) / options.threads);
    const auto from = accounts.begin() + static_cast<std::ptrdiff_t>(begin);
    std::vector<Account> share(from, accounts.begin() + static_cast<std::ptrdiff_t>(end));
    workers_.push_back(std::make_unique<Worker>(options, plan, std::move(share), begin));
    begin = end;
  }
}

Report Run::execute() {
  if (server_.watches()) report_.pss_before = server_.pss();
  const bool complete = register_accounts() && prepare() && measure() && drain();
  if (complete && plan_.counts_operations() && report_.operations == 0) report_.aborted = kNothing;
  if (!server_.alive()) report_.aborted = "a process named by --server-pid has ended";
  if (!complete && !has_failed() && report_.aborted.empty()) report_.aborted = kUnfinished;
  collect();
  show("");
  return std::move(report_);
}

bool Run::register_accounts() {
  if (!options_.register_accounts || options_.target.relay) return true;
  return complete("registering", [](Worker& worker) { return worker.for_each_client(register_account); });
}

bool Run::prepare() {
  const auto enter = options_.target.relay ? join_relay : log_in;
  if (!complete("logging in", [enter](Worker& worker) { return worker.for_each_client(enter); }))
    return false;
  const auto begin = Clock::now();
  const auto prepare = [](Worker& worker) { return worker.prepare_clients(); };
  if (!complete("preparing", prepare, options_.prepare_limit)) return false;
  report_.preparing = Clock::now() - begin;
  return plan_.starts_online() ||
         complete("logging out", [](Worker& worker) { return worker.for_each_client(log_out); });
}

bool Run::measure() {
  const auto begin_load = [](Worker& worker) { worker.scenario().start(); };
  if (!plan_.ends_by_itself()) {
    on_each_worker(begin_load);
    if (!let_pass("warming up", options_.warm_up)) return false;
  }
  on_each_worker([](Worker& worker) { worker.tally().measuring = true; });
  report_.timeline.clear();
  const Sample begin = sample();
  if (plan_.ends_by_itself()) on_each_worker(begin_load);
  const bool passed = let_pass(plan_.name(), plan_.ends_by_itself() ? kMostSelfEnding : options_.duration);
  const Sample end = sample();
  on_each_worker([](Worker& worker) { worker.tally().measuring = false; });

  report_.measured = end.at - begin.at;
  report_.operations = end.operations - begin.operations;
  report_.client_cpu = end.client_cpu - begin.client_cpu;
  if (!server_.watches()) return passed;
  report_.server_cpu = end.server_cpu - begin.server_cpu;
  report_.pss_after = server_.pss();
  if (!plan_.starts_online() && !plan_.ends_by_itself())
    return passed;  // sessions come and go: no figure per session
  on_each_worker([this](Worker& worker) {
    report_.sessions +=
        static_cast<std::size_t>(std::ranges::count_if(worker.clients(), [this](const auto& client) {
          return plan_.sessions_sleep() || client->connection().is_open();
        }));
  });
  return passed;
}

bool Run::drain() {
  on_each_worker([](Worker& worker) { worker.scenario().stop(); });
  const auto deadline = Clock::now() + options_.target.timeout;
  bool drained = false;
  while (!drained && !has_failed() && Clock::now() < deadline) {
    drained = true;
    on_each_worker([&drained](Worker& worker) { drained = drained && worker.scenario().drained(); });
    if (!drained) std::this_thread::sleep_for(kLook);
  }
  on_each_worker([](Worker& worker) { worker.scenario().finish(); });
  return drained;
}

void Run::collect() {
  take_latencies();
  on_each_worker([this](Worker& worker) {
    report_.order += worker.tally().order;
    for (const auto& [what, failure] : worker.tally().failures) {
      auto& total = report_.failures[what];
      if (total.count == 0) total.first_user = failure.first_user;
      total.count += failure.count;
    }
  });
}

Histogram Run::take_latencies() {
  Histogram taken;
  on_each_worker([&taken](Worker& worker) {
    taken.merge(worker.tally().latency);
    worker.tally().latency.clear();
  });
  report_.latency.merge(taken);
  return taken;
}

std::string Run::progress(std::string_view doing, const Second& second) const {
  const auto milliseconds = [](std::chrono::nanoseconds time) {
    return std::chrono::duration<double, std::milli>(time).count();
  };
  if (second.operations == 0) return std::string(doing);
  return fmt::format("{}: {} {}s/s, p50 {:.2f} ms, p99 {:.2f} ms", doing, second.operations,
                     plan_.operation(), milliseconds(second.p50), milliseconds(second.p99));
}

bool Run::complete(std::string_view doing, const Part& part, std::chrono::milliseconds limit) {
  show(doing);
  const auto deadline = Clock::now() + limit;
  std::vector<std::future<void>> parts;
  parts.reserve(workers_.size());
  for (const auto& worker : workers_) parts.push_back(part(*worker));
  while (!has_failed()) {
    const auto finished = [](const std::future<void>& done) {
      return done.wait_for(kLook) == std::future_status::ready;
    };
    if (std::ranges::all_of(parts, finished)) return true;
    if (Clock::now() < deadline) continue;
    std::size_t done = 0;
    for (const auto& worker : workers_) done += worker->finished();
    report_.aborted = fmt::format("{} was not done after {} s: {} of {} users were", doing,
                                  std::chrono::duration<double>(limit).count(), done, options_.users);
    return false;
  }
  return false;
}

bool Run::let_pass(std::string_view doing, std::chrono::milliseconds time) {
  const auto begin = Clock::now();
  auto next_second = begin + std::chrono::seconds(1);
  std::uint64_t shown = operations();
  while (!has_failed() && !is_load_done() && Clock::now() < begin + time) {
    std::this_thread::sleep_until(std::min({Clock::now() + kLook, begin + time}));
    if (Clock::now() < next_second) continue;
    next_second += std::chrono::seconds(1);
    const std::uint64_t now = operations();
    const Histogram latencies = take_latencies();
    report_.timeline.push_back(
        {.operations = now - shown, .p50 = latencies.percentile(0.5), .p99 = latencies.percentile(0.99)});
    show(progress(doing, report_.timeline.back()));
    shown = now;
  }
  return !has_failed();
}

void Run::on_each_worker(const std::function<void(Worker&)>& function) {
  for (const auto& worker : workers_) worker->call([&] { function(*worker); });
}

bool Run::is_load_done() const {
  return plan_.ends_by_itself() &&
         std::ranges::all_of(workers_, [](const auto& worker) { return worker->is_load_done(); });
}

bool Run::has_failed() const {
  return std::ranges::any_of(workers_, [](const auto& worker) { return worker->tally().failed != 0; });
}

std::uint64_t Run::operations() const {
  std::uint64_t total = 0;
  for (const auto& worker : workers_) total += worker->tally().operations;
  return total;
}

Run::Sample Run::sample() const {
  return {
      .at = Clock::now(), .operations = operations(), .server_cpu = server_.cpu(), .client_cpu = own_cpu()};
}

void Run::show(std::string_view text) {
  if (::isatty(STDERR_FILENO) == 1) fmt::print(stderr, "\r\x1b[K{}", text);
}

}  // namespace vestnik::bench
