#include <CLI/CLI.hpp>

#include "bench/load/worker.h"
#include "bench/scenario/scenarios.h"
#include "bench/xmpp/login.h"

namespace vestnik::bench {
namespace {

class Idle final : public Scenario {
 public:
  Idle(Worker& worker, bool asleep) : worker_(worker), asleep_(asleep) {}

  void start() override {
    if (!asleep_) return;
    for (const auto& client : worker_.clients()) client->drop();
  }

  /// One of the sleeping sessions is woken: what was measured was not their absence.
  void stop() override {
    if (!asleep_) return;
    Client& client = *worker_.clients().front();
    awake_ = false;
    client.run(resume_session(client), [this] { awake_ = true; });
  }

  bool drained() const override { return awake_; }

 private:
  Worker& worker_;
  bool asleep_;
  bool awake_ = true;
};

/// Everybody is online, or was, and nobody says anything: what a session costs in memory, and what the server
/// does unasked.
class IdlePlan final : public Plan {
 public:
  std::string_view name() const override { return "idle"; }
  std::string_view summary() const override {
    return "sessions that do nothing: memory per session after --duration";
  }
  std::string_view operation() const override { return "operation"; }
  bool counts_operations() const override { return false; }
  void add_options(CLI::App& app) override {
    app.add_flag("--asleep", asleep_,
                 "cut all connections first: the sessions wait to be resumed (XEP-0198; needs --sm)");
  }
  std::string describe() const override {
    return asleep_ ? "sessions without connections" : "sessions at rest";
  }
  std::optional<std::string> refuse(const Options& options) const override {
    if (options.server_pids.empty()) return "idle measures the server's memory and needs --server-pid";
    if (asleep_ && !options.target.stream_management)
      return "--asleep needs --sm: other sessions end with their connections";
    return std::nullopt;
  }
  bool works_with_relay() const override { return !asleep_; }
  bool sessions_sleep() const override { return asleep_; }
  std::unique_ptr<Scenario> make(Worker& worker) const override {
    return std::make_unique<Idle>(worker, asleep_);
  }

 private:
  bool asleep_ = false;
};

}  // namespace

std::unique_ptr<Plan> make_idle_plan() { return std::make_unique<IdlePlan>(); }

}  // namespace vestnik::bench
