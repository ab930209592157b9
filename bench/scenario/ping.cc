#include <fmt/format.h>

#include "bench/scenario/request_loop.h"
#include "bench/scenario/scenarios.h"

namespace vestnik::bench {
namespace {

void write_ping(std::string& out, const Client& client, std::string_view id, std::uint64_t) {
  out.append("<iq to='").append(client.target().domain).append("' type='get' id='").append(id);
  out.append("'><ping xmlns='urn:xmpp:ping'/></iq>");
}

class PingPlan final : public Plan {
 public:
  std::string_view name() const override { return "ping"; }
  std::string_view summary() const override { return "pings to the server (XEP-0199)"; }
  std::string_view operation() const override { return "ping"; }
  void add_options(CLI::App& app) override { load_.add_options(app); }
  std::string describe() const override { return load_.describe(); }
  std::unique_ptr<Scenario> make(Worker& worker) const override {
    return std::make_unique<RequestLoop>(worker, load_, write_ping);
  }

 private:
  RequestLoad load_;
};

}  // namespace

std::unique_ptr<Plan> make_ping_plan() { return std::make_unique<PingPlan>(); }

}  // namespace vestnik::bench
