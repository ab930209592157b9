#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/load/pacer.h"
#include "bench/load/stamp.h"
#include "bench/load/worker.h"
#include "bench/scenario/scenarios.h"
#include "bench/xmpp/roster.h"

namespace vestnik::bench {
namespace {

struct PresenceOptions {
  std::size_t contacts = 10;
  std::size_t senders = 0;  ///< 0: everybody
  double rate = 0;          ///< broadcasts per second of the whole run; 0: closed loop
};

/// Users sit in a ring and know their neighbours on both sides; each tells its status again when all have
/// heard the last.
class Presence final : public Scenario {
 public:
  Presence(Worker& worker, const PresenceOptions& options)
      : worker_(worker),
        options_(options),
        members_(worker.clients().size()),
        senders_(options.senders == 0 ? members_.size()
                                      : std::min(members_.size(), worker.share_of(options.senders))),
        pacer_(worker.loop(), options.rate > 0 ? worker.share_of(options.rate) : 1,
               [this](Clock::time_point due) {
                 broadcast(next_paced_, due);
                 next_paced_ = (next_paced_ + 1) % senders_;
               }) {}

  Task<> prepare(Client& client) override {
    client.step("subscribing to presence");
    const std::size_t index = worker_.index_of(client);
    const auto contacts = contacts_of(index);
    auto strangers = contacts;
    const auto roster = co_await get_roster(client);
    for (const RosterItem& item : roster) {
      const bool neighbour = std::ranges::find(contacts, item.jid) != contacts.end();
      if (!neighbour && (item.sees_contact() || item.is_seen())) {
        co_await client.failure(
            "this user has other contacts, who would be told too: take fresh users (--user-pattern)");
      }
      if (item.sees_contact()) std::erase(strangers, item.jid);
    }
    for (const std::string& contact : strangers) {
      client.send(fmt::format("<presence type='subscribe' to='{}'/>", contact));
    }
    Member& member = members_[index];
    member.unanswered += strangers.size();
    while (member.unanswered != 0) co_await client.signalled();
  }

  void start() override {
    if (options_.rate > 0) return pacer_.start();
    for (std::size_t i = 0; i < senders_; ++i) broadcast(i, Clock::now());
  }

  void stop() override {
    stopping_ = true;
    pacer_.stop();
  }

  bool drained() const override { return outstanding_ == 0; }
  void finish() override { worker_.tally().order.lost += outstanding_; }

  void on_stanza(Client& client, Element stanza) override {
    if (!stanza.is("presence")) return;
    const auto type = stanza.attr("type");
    if (type.empty()) return on_status(client, stanza);
    if (type == "subscribe") {
      client.send(fmt::format("<presence type='subscribed' to='{}'/>", stanza.attr("from")));
    } else if (type == "subscribed") {
      --members_[worker_.index_of(client)].unanswered;
      client.signal();
    } else if (type == "error") {
      worker_.tally().fail("presence refused: " + describe_error(stanza), client.account().user);
    }
  }

 private:
  struct Member {
    std::size_t unanswered = 0;  ///< subscription requests
    std::size_t unheard = 0;     ///< contacts that the last status has not reached
  };

  std::vector<std::string> contacts_of(std::size_t index) const {
    const auto clients = worker_.clients();
    std::vector<std::string> contacts;
    for (std::size_t distance = 1; distance <= options_.contacts / 2; ++distance) {
      contacts.push_back(clients[(index + distance) % clients.size()]->bare_jid());
      contacts.push_back(clients[(index + clients.size() - distance) % clients.size()]->bare_jid());
    }
    return contacts;
  }

  /// The number in a status text is its sender's place among the worker's clients.
  void on_status(Client& client, Element presence) {
    const auto status = Stamp::parse(presence.find("status").text());
    if (!status || status->number >= senders_ || status->number == worker_.index_of(client)) return;
    const auto now = Clock::now();
    worker_.tally().record(now - status->due);
    --outstanding_;
    Member& sender = members_[status->number];
    if (--sender.unheard == 0 && !stopping_ && options_.rate <= 0) broadcast(status->number, now);
  }

  void broadcast(std::size_t sender, Clock::time_point due) {
    worker_.clients()[sender]->send(
        fmt::format("<presence><status>{} {}</status></presence>", sender, due.time_since_epoch().count()));
    members_[sender].unheard += options_.contacts;
    outstanding_ += options_.contacts;
  }

  Worker& worker_;
  const PresenceOptions& options_;
  std::vector<Member> members_;
  std::size_t senders_;
  Pacer pacer_;
  std::size_t next_paced_ = 0;
  std::uint64_t outstanding_ = 0;
  bool stopping_ = false;
};

class PresencePlan final : public Plan {
 public:
  std::string_view name() const override { return "presence"; }
  std::string_view summary() const override {
    return "status changes told to contacts with a mutual subscription";
  }
  std::string_view operation() const override { return "notification"; }

  void add_options(CLI::App& app) override {
    app.add_option("--contacts", options_.contacts,
                   "contacts of each user, an even number; subscribed if need be");
    app.add_option("--senders", options_.senders, "users that change their status (default: all)");
    app.add_option("--rate", options_.rate,
                   "open loop: status changes per second (default: when all have heard the last)");
  }

  std::string describe() const override {
    const std::string load =
        options_.rate > 0 ? fmt::format("open loop at {} changes/s", options_.rate) : "closed loop";
    return fmt::format("{}, {} contacts each", load, options_.contacts);
  }

  std::optional<std::string> refuse(const Options& options) const override {
    if (options_.contacts == 0 || options_.contacts % 2 != 0) return "--contacts must be an even number";
    if (options.users / options.threads <= options_.contacts) {
      return fmt::format("{} contacts each need more than {} users on each thread", options_.contacts,
                         options_.contacts);
    }
    return std::nullopt;
  }

  std::unique_ptr<Scenario> make(Worker& worker) const override {
    return std::make_unique<Presence>(worker, options_);
  }

 private:
  PresenceOptions options_;
};

}  // namespace

std::unique_ptr<Plan> make_presence_plan() { return std::make_unique<PresencePlan>(); }

}  // namespace vestnik::bench
