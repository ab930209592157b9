#pragma once
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/options.h"
#include "bench/load/worker.h"
#include "bench/report/process_probe.h"
#include "bench/report/report.h"
#include "bench/scenario/scenario.h"

namespace vestnik::bench {

/// One measurement from the first connection to the report. Blocking; ends at the first error, since a rate
/// beside errors would mean nothing, and always ends: every wait of a client and of the run has a deadline.
class Run {
 public:
  /// `options` are finish()ed; they and `plan` outlive the run.
  Run(const Options& options, const Plan& plan, std::vector<Account> accounts);

  Report execute();

 private:
  static constexpr std::chrono::hours kMostAtOneStep{1};

  struct Sample {
    Clock::time_point at;
    std::uint64_t operations = 0;
    std::chrono::nanoseconds server_cpu{};
    std::chrono::nanoseconds client_cpu{};
  };
  using Part = std::function<std::future<void>(Worker&)>;

  // The parts of a run, in order; false: a client failed, or an answer is overdue.
  bool register_accounts();
  bool prepare();
  bool measure();
  bool drain();
  void collect();
  /// Takes the latencies since the last call from the workers into the report.
  Histogram take_latencies();

  /// Starts `part` on every worker and waits until all have finished, at most so long.
  bool complete(std::string_view doing, const Part& part, std::chrono::milliseconds limit = kMostAtOneStep);
  /// Waits for `time`, or until the load is done where it ends by itself.
  bool let_pass(std::string_view doing, std::chrono::milliseconds time);
  void on_each_worker(const std::function<void(Worker&)>& function);
  bool is_load_done() const;
  bool has_failed() const;
  std::uint64_t operations() const;
  Sample sample() const;
  std::string progress(std::string_view doing, const Second& second) const;
  /// Shows live progress if standard error is a terminal.
  static void show(std::string_view text);

  const Options& options_;
  const Plan& plan_;
  ProcessProbe server_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Report report_;
};

}  // namespace vestnik::bench
