#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "bench/load/worker.h"
#include "bench/scenario/scenarios.h"
#include "bench/xmpp/login.h"

namespace vestnik::bench {
namespace {

struct IdleOptions {
  bool asleep = false;
  std::size_t links = 0;  ///< to other servers
};

class Idle final : public Scenario {
 public:
  Idle(Worker& worker, const IdleOptions& options)
      : worker_(worker), asleep_(options.asleep), links_(options.links) {}

  /// The first user pings one domain after the other.
  Task<> prepare(Client& client) override {
    if (client.number() != 0) co_return;
    client.step("pinging other servers' domains");
    for (std::size_t i = 0; i < links_; ++i) {
      const std::string id = client.next_id();
      client.send(fmt::format("<iq type='get' to='link{}.example' id='{}'><ping xmlns='urn:xmpp:ping'/></iq>",
                              i, id));
      co_await client.result(id);
    }
  }

  /// Half of the time goes by before: servers give memory back to the system when they are at rest.
  void start() override {
    if (!asleep_) return;
    worker_.loop().call_at(Clock::now() + worker_.options().duration / 2, [this] {
      for (const auto& client : worker_.clients()) client->drop();
    });
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
  std::size_t links_;
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
    app.add_option("--links", options_.links,
                   "before, make the server talk to so many domains: link0.example, link1.example and on");
    app.add_flag(
        "--asleep", options_.asleep,
        "cut all connections after half of the time: the sessions wait to be resumed (XEP-0198; needs --sm)");
  }
  std::string describe() const override {
    return options_.asleep ? "sessions without connections" : "sessions at rest";
  }
  std::optional<std::string> refuse(const Options& options) const override {
    if (options.server_pids.empty()) return "idle measures the server's memory and needs --server-pid";
    if (options_.asleep && !options.target.stream_management)
      return "--asleep needs --sm: other sessions end with their connections";
    return std::nullopt;
  }
  bool works_with_relay() const override { return !options_.asleep && options_.links == 0; }
  bool sessions_sleep() const override { return options_.asleep; }
  std::unique_ptr<Scenario> make(Worker& worker) const override {
    return std::make_unique<Idle>(worker, options_);
  }

 private:
  IdleOptions options_;
};

}  // namespace

std::unique_ptr<Plan> make_idle_plan() { return std::make_unique<IdlePlan>(); }

}  // namespace vestnik::bench
