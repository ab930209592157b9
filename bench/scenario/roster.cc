#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "bench/scenario/request_loop.h"
#include "bench/scenario/scenarios.h"

namespace vestnik::bench {
namespace {

void write_get(std::string& out, const Client&, std::string_view id, std::uint64_t) {
  out.append("<iq type='get' id='").append(id).append("'><query xmlns='jabber:iq:roster'/></iq>");
}

void write_set(std::string& out, const Client& client, std::string_view id, std::uint64_t number) {
  fmt::format_to(
      std::back_inserter(out),
      "<iq type='set' id='{}'><query xmlns='jabber:iq:roster'><item jid='contact0@{}' name='Name {}'>"
      "<group>Bench</group></item></query></iq>",
      id, client.target().domain, number);
}

class RosterPlan final : public Plan {
 public:
  std::string_view name() const override { return "roster"; }
  std::string_view summary() const override {
    return "reads of the roster (see --roster for its size), or changes to it";
  }
  std::string_view operation() const override { return "request"; }
  void add_options(CLI::App& app) override {
    load_.add_options(app);
    app.add_flag("--write", writes_, "change an item instead; each change is pushed to the user as well");
  }
  std::string describe() const override { return (writes_ ? "writes, " : "reads, ") + load_.describe(); }
  std::optional<std::string> refuse(const Options& options) const override {
    if (!writes_ && options.roster_items == 0) return "roster reads need rosters: --roster N";
    return std::nullopt;
  }
  std::unique_ptr<Scenario> make(Worker& worker) const override {
    return std::make_unique<RequestLoop>(worker, load_, writes_ ? write_set : write_get);
  }

 private:
  RequestLoad load_;
  bool writes_ = false;
};

}  // namespace

std::unique_ptr<Plan> make_roster_plan() { return std::make_unique<RosterPlan>(); }

}  // namespace vestnik::bench
