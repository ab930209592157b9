#include "bench/xmpp/login.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "bench/load/pacer.h"
#include "bench/load/worker.h"
#include "bench/scenario/scenarios.h"

namespace vestnik::bench {
namespace {

/// Everybody logs in once and stays: a storm, with so many logins under way at once or at a given rate.
class Login final : public Scenario {
 public:
  Login(Worker& worker, double rate)
      : worker_(worker),
        paced_(rate > 0),
        pacer_(worker.loop(), paced_ ? worker.share_of(rate) : 1, [this](auto due) {
          if (begun_ < worker_.clients().size()) begin(due);
        }) {}

  void start() override {
    if (paced_) return pacer_.start();
    const std::size_t at_once = worker_.share_of(worker_.options().concurrency);
    while (begun_ < std::min(at_once, worker_.clients().size())) begin(Clock::now());
  }

  void stop() override { pacer_.stop(); }

 private:
  void begin(Clock::time_point due) {
    Client& client = *worker_.clients()[begun_++];
    client.run(log_in(client), [this, due] {
      worker_.tally().record(Clock::now() - due);
      if (++done_ == worker_.clients().size()) return worker_.load_is_done();
      if (!paced_ && begun_ < worker_.clients().size()) begin(Clock::now());
    });
  }

  Worker& worker_;
  bool paced_;
  Pacer pacer_;
  std::size_t begun_ = 0;
  std::size_t done_ = 0;
};

class LoginPlan final : public Plan {
 public:
  std::string_view name() const override { return "login"; }
  std::string_view summary() const override {
    return "all users log in, each once: TLS, SASL, bind, roster, presence";
  }
  std::string_view operation() const override { return "login"; }
  void add_options(CLI::App& app) override {
    app.add_option("--rate", rate_, "logins per second (default: as many as --concurrency allows)");
  }
  std::string describe() const override {
    return rate_ > 0 ? fmt::format("{} logins/s", rate_) : std::string("one login each");
  }
  bool starts_online() const override { return false; }
  bool ends_by_itself() const override { return true; }
  std::unique_ptr<Scenario> make(Worker& worker) const override {
    return std::make_unique<Login>(worker, rate_);
  }

 private:
  double rate_ = 0;
};

}  // namespace

std::unique_ptr<Plan> make_login_plan() { return std::make_unique<LoginPlan>(); }

}  // namespace vestnik::bench
