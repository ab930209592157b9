#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "bench/load/pacer.h"
#include "bench/load/stamp.h"
#include "bench/load/worker.h"
#include "bench/scenario/scenarios.h"

namespace vestnik::bench {
namespace {

struct ChatOptions {
  std::size_t pairs = 0;  ///< 0: all users
  std::size_t window = 1;
  double rate = 0;  ///< messages per second of the whole run; 0: closed loop
  std::size_t body_bytes = 100;
  bool to_bare = false;
  bool no_store = false;
};

/// Users 2n and 2n+1 talk. Closed loop: `window` messages of each pair are under way, and whoever receives
/// one answers it. Open loop: messages leave at a rate, pair after pair, in both directions.
class Chat final : public Scenario {
 public:
  Chat(Worker& worker, const ChatOptions& options)
      : worker_(worker),
        options_(options),
        talkers_(2 * std::min(worker.clients().size() / 2,
                              options.pairs == 0 ? worker.options().users : worker.share_of(options.pairs))),
        pacer_(worker.loop(), options.rate > 0 ? worker.share_of(options.rate) : 1,
               [this](Clock::time_point due) { send_paced(due); }) {}

  void start() override {
    for (std::size_t i = 0; i < talkers_.size(); ++i) introduce(i);
    started_ = true;
    if (options_.rate > 0) return pacer_.start();
    for (std::size_t i = 0; i < talkers_.size(); i += 2) {
      for (std::size_t n = 0; n < options_.window; ++n) send(i, Clock::now());
    }
  }

  void stop() override {
    stopping_ = true;
    pacer_.stop();
  }

  bool drained() const override { return sent_ == received_; }

  void finish() override {
    for (std::size_t i = 0; i < talkers_.size(); ++i) {
      worker_.tally().order += talkers_[i].incoming.finish(talkers_[i ^ 1U].sent);
    }
  }

  void on_stanza(Client& client, Element stanza) override {
    if (!stanza.is("message") || !started_) return;  // before, they are left from an earlier run
    if (stanza.attr("type") == "error") {
      return worker_.tally().fail("message refused: " + describe_error(stanza), client.account().user);
    }
    const std::size_t receiver = worker_.index_of(client);
    const auto stamp = Stamp::parse(stanza.find("body").text());
    if (!stamp || receiver >= talkers_.size()) return;
    const auto now = Clock::now();
    ++received_;
    talkers_[receiver].incoming.arrived(stamp->number);
    worker_.tally().record(now - stamp->due);
    if (!stopping_ && options_.rate <= 0) send(receiver, now);
  }

 private:
  struct Talker {
    std::string head;  ///< of each message, up to the id
    std::uint64_t sent = 0;
    SequenceChecker incoming;
  };

  void introduce(std::size_t talker) {
    const Client& partner = *worker_.clients()[talker ^ 1U];
    talkers_[talker].head = fmt::format("<message to='{}' type='chat' id='",
                                        options_.to_bare ? partner.bare_jid() : partner.jid());
  }

  void send(std::size_t from, Clock::time_point due) {
    Talker& talker = talkers_[from];
    message_ = talker.head;
    const fmt::format_int number(talker.sent);
    message_.append(number.data(), number.size()).append("'><body>");
    Stamp{.number = talker.sent++, .due = due}.append_to(message_, options_.body_bytes);
    message_.append("</body>");
    if (options_.no_store) message_.append("<no-store xmlns='urn:xmpp:hints'/>");
    message_.append("</message>");
    worker_.clients()[from]->send(message_);
    ++sent_;
  }

  void send_paced(Clock::time_point due) {
    send(next_paced_, due);
    next_paced_ = (next_paced_ + 1) % talkers_.size();
  }

  Worker& worker_;
  const ChatOptions& options_;
  std::vector<Talker> talkers_;
  Pacer pacer_;
  std::size_t next_paced_ = 0;
  std::string message_;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  bool started_ = false;
  bool stopping_ = false;
};

class ChatPlan : public Plan {
 public:
  std::string_view name() const override { return "chat"; }
  std::string_view summary() const override { return "one-to-one messages between pairs of users"; }
  std::string_view operation() const override { return "message"; }

  void add_options(CLI::App& app) override {
    app.add_option("--pairs", options_.pairs, "pairs that talk (default: all users; the others stay idle)");
    app.add_option("--window", options_.window, "closed loop: messages under way in each pair")
        ->check(CLI::PositiveNumber);
    app.add_option("--rate", options_.rate,
                   "open loop: messages per second; latency counts from when each was due");
    app.add_option("--body", options_.body_bytes, "bytes in each body")
        ->check(CLI::Range(std::size_t{Stamp::kLongest}, 60'000UZ));
    app.add_flag("--to-bare", options_.to_bare, "address bare JIDs (default: full)");
    app.add_flag("--no-store", options_.no_store, "mark messages as not to be archived (XEP-0334)");
  }

  std::string describe() const override {
    const std::string load = options_.rate > 0 ? fmt::format("open loop at {}/s", options_.rate)
                                               : fmt::format("window {}", options_.window);
    return fmt::format("{}, {}-byte bodies{}", load, options_.body_bytes,
                       options_.no_store ? ", no-store" : "");
  }

  std::optional<std::string> refuse(const Options& options) const override {
    if (options.users / 2 < options.threads) return "chat needs at least two users on each thread";
    if (options.users % 2 != 0) return "chat needs an even number of users";
    if (options_.pairs > options.users / 2) return "there are more --pairs than --users can make";
    return std::nullopt;
  }

  bool works_with_relay() const override { return true; }
  std::unique_ptr<Scenario> make(Worker& worker) const override {
    return std::make_unique<Chat>(worker, options_);
  }

 private:
  ChatOptions options_;
};

/// The same between users of two servers.
class S2sPlan final : public ChatPlan {
 public:
  std::string_view name() const override { return "s2s"; }
  std::string_view summary() const override {
    return "one-to-one messages between users of two servers (--peer-domain, --peer-connect)";
  }
  std::optional<std::string> refuse(const Options& options) const override {
    if (!options.has_peer()) return "s2s needs a second server: --peer-domain and --peer-connect";
    if (options.peer_domain == options.target.domain) return "--peer-domain is the same as --domain";
    return ChatPlan::refuse(options);
  }
  bool works_with_relay() const override { return false; }
};

}  // namespace

std::unique_ptr<Plan> make_chat_plan() { return std::make_unique<ChatPlan>(); }
std::unique_ptr<Plan> make_s2s_plan() { return std::make_unique<S2sPlan>(); }

}  // namespace vestnik::bench
