#include "bench/scenario/scenarios.h"

namespace vestnik::bench {
namespace {

class Idle final : public Scenario {
 public:
  void start() override {}
};

/// Everybody is online and nobody says anything: what a session costs in memory, and what the server does
/// unasked.
class IdlePlan final : public Plan {
 public:
  std::string_view name() const override { return "idle"; }
  std::string_view summary() const override {
    return "sessions that do nothing: memory per session after --duration";
  }
  std::string_view operation() const override { return "operation"; }
  bool counts_operations() const override { return false; }
  void add_options(CLI::App&) override {}
  std::string describe() const override { return "sessions at rest"; }
  std::optional<std::string> refuse(const Options& options) const override {
    if (options.server_pids.empty()) return "idle measures the server's memory and needs --server-pid";
    return std::nullopt;
  }
  bool works_with_relay() const override { return true; }
  std::unique_ptr<Scenario> make(Worker&) const override { return std::make_unique<Idle>(); }
};

}  // namespace

std::unique_ptr<Plan> make_idle_plan() { return std::make_unique<IdlePlan>(); }

}  // namespace vestnik::bench
