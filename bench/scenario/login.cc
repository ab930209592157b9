#include "bench/xmpp/login.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "bench/load/pacer.h"
#include "bench/load/worker.h"
#include "bench/scenario/scenarios.h"
#include "bench/xmpp/caps.h"
#include "bench/xmpp/roster.h"

namespace vestnik::bench {
namespace {

struct LoginOptions {
  double rate = 0;            ///< logins per second of the whole run; 0: as many as --concurrency allows
  std::size_t pep_items = 0;  ///< that each user has published and wants to hear of
  std::size_t contacts = 10;  ///< of each user, when there are items
};

std::string node_of(std::size_t item) { return fmt::format("urn:vestnik:bench:{}", item); }

/// The nodes of that many items, to be notified of (XEP-0163 §4.2).
Caps interested_in(std::size_t items) {
  std::vector<std::string> features;
  for (std::size_t item = 0; item < items; ++item) features.push_back(node_of(item) + "+notify");
  return Caps(std::move(features));
}

/// Everybody logs in once and stays: a storm, with so many logins under way at once or at a given rate. With
/// items of contacts a login is complete when all of them have come.
class Login final : public Scenario {
 public:
  Login(Worker& worker, const LoginOptions& options)
      : worker_(worker),
        options_(options),
        caps_(interested_in(options.pep_items)),
        missing_items_(worker.clients().size()),
        paced_(options.rate > 0),
        pacer_(worker.loop(), paced_ ? worker.share_of(options.rate) : 1, [this](auto due) {
          if (begun_ < worker_.clients().size()) begin(due);
        }) {}

  Task<> prepare(Client& client) override {
    if (options_.pep_items == 0) co_return;
    co_await look_at_account(client);
    client.step("publishing");
    for (std::size_t item = 0; item < options_.pep_items; ++item) {
      const std::string id = client.next_id();
      client.send(fmt::format(
          "<iq type='set' id='{}'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='{}'>"
          "<item id='current'><value xmlns='urn:vestnik:bench'>{:x>100}</value></item></publish>"
          "</pubsub></iq>",
          id, node_of(item), client.account().user));
      co_await client.result(id);
    }
    missing_items_[worker_.index_of(client)] = options_.contacts * options_.pep_items;
    client.announce(caps_);
  }

  void start() override {
    if (paced_) return pacer_.start();
    const std::size_t at_once = worker_.share_of(worker_.options().concurrency);
    while (begun_ < std::min(at_once, worker_.clients().size())) begin(Clock::now());
  }

  void stop() override { pacer_.stop(); }

  void on_stanza(Client& client, Element stanza) override {
    if (client.caps() == nullptr || !stanza.is("message")) return;
    const bool own = stanza.attr("from").starts_with(client.bare_jid());
    if (own || !stanza.contains("http://jabber.org/protocol/pubsub#event")) return;
    std::size_t& missing = missing_items_[worker_.index_of(client)];
    if (missing != 0 && --missing == 0) client.signal();
  }

 private:
  /// Whether it has personal eventing, and as many contacts as there must be.
  Task<> look_at_account(Client& client) {
    client.step("looking for personal eventing (XEP-0163)");
    const std::string id = client.next_id();
    client.send(fmt::format(
        "<iq type='get' to='{}' id='{}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
        client.bare_jid(), id));
    const Element info = co_await client.result(id);
    if (!info.contains("pubsub#publish")) co_await client.failure("the server does not offer it");
    client.step("looking at the roster");
    const auto roster = co_await get_roster(client);
    const auto seen = static_cast<std::size_t>(std::ranges::count_if(roster, &RosterItem::sees_contact));
    if (seen != options_.contacts)
      co_await client.failure(
          fmt::format("{} contacts, not {}: 'presence --contacts' makes them", seen, options_.contacts));
  }

  Task<> enter(Client& client) {
    co_await log_in(client);
    client.step("waiting for contacts' items");
    while (missing_items_[worker_.index_of(client)] != 0) co_await client.signalled();
  }

  void begin(Clock::time_point due) {
    Client& client = *worker_.clients()[begun_++];
    client.run(enter(client), [this, due] {
      worker_.tally().record(Clock::now() - due);
      if (++done_ == worker_.clients().size()) return worker_.load_is_done();
      if (!paced_ && begun_ < worker_.clients().size()) begin(Clock::now());
    });
  }

  Worker& worker_;
  const LoginOptions& options_;
  Caps caps_;
  std::vector<std::size_t> missing_items_;  ///< by client
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
    app.add_option("--rate", options_.rate, "logins per second (default: as many as --concurrency allows)");
    app.add_option(
        "--pep", options_.pep_items,
        "items that each user publishes first (XEP-0163); a login then ends with the contacts' last");
    app.add_option("--contacts", options_.contacts,
                   "mutual contacts that each user has with --pep, as 'presence --contacts' leaves them");
  }
  std::string describe() const override {
    const std::string load =
        options_.rate > 0 ? fmt::format("{} logins/s", options_.rate) : std::string("one login each");
    if (options_.pep_items == 0) return load;
    return fmt::format("{}, {} items from each of {} contacts", load, options_.pep_items, options_.contacts);
  }
  bool starts_online() const override { return false; }
  bool ends_by_itself() const override { return true; }
  std::unique_ptr<Scenario> make(Worker& worker) const override {
    return std::make_unique<Login>(worker, options_);
  }

 private:
  LoginOptions options_;
};

}  // namespace

std::unique_ptr<Plan> make_login_plan() { return std::make_unique<LoginPlan>(); }

}  // namespace vestnik::bench
