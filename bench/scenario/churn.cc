#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <deque>

#include "bench/load/worker.h"
#include "bench/scenario/scenarios.h"
#include "bench/xmpp/login.h"

namespace vestnik::bench {
namespace {

/// Connect, log in, leave, again and again: `--concurrency` users at a time, all users in turn.
class Churn final : public Scenario {
 public:
  Churn(Worker& worker, bool abrupt) : worker_(worker), abrupt_(abrupt) {
    for (const auto& client : worker.clients()) away_.push_back(client.get());
  }

  void start() override {
    const std::size_t at_once =
        std::min(worker_.share_of(worker_.options().concurrency), worker_.clients().size());
    for (std::size_t i = 0; i < at_once; ++i) begin_next();
  }
  void stop() override { stopping_ = true; }
  bool drained() const override { return running_ == 0; }

 private:
  void begin_next() {
    if (stopping_) return;
    Client& client = *away_.front();
    away_.pop_front();
    ++running_;
    client.run(abrupt_ ? log_in(client) : come_and_go(client), [this, &client, begin = Clock::now()] {
      worker_.tally().record(Clock::now() - begin);
      --running_;
      worker_.loop().defer([this, &client] {
        client.drop();
        away_.push_back(&client);
        begin_next();
      });
    });
  }

  static Task<> come_and_go(Client& client) {
    co_await log_in(client);
    co_await log_out(client);
  }

  Worker& worker_;
  bool abrupt_;
  std::deque<Client*> away_;
  std::size_t running_ = 0;
  bool stopping_ = false;
};

class ChurnPlan final : public Plan {
 public:
  std::string_view name() const override { return "churn"; }
  std::string_view summary() const override { return "users connect, log in and leave in a loop"; }
  std::string_view operation() const override { return "visit"; }
  void add_options(CLI::App& app) override {
    app.add_flag("--abrupt", abrupt_, "cut the connection instead of ending the stream");
  }
  std::string describe() const override { return abrupt_ ? "connections cut" : "streams ended in order"; }
  bool starts_online() const override { return false; }
  std::unique_ptr<Scenario> make(Worker& worker) const override {
    return std::make_unique<Churn>(worker, abrupt_);
  }

 private:
  bool abrupt_ = false;
};

}  // namespace

std::unique_ptr<Plan> make_churn_plan() { return std::make_unique<ChurnPlan>(); }

}  // namespace vestnik::bench
