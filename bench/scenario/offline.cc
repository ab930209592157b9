#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <deque>
#include <string>
#include <vector>

#include "bench/load/stamp.h"
#include "bench/load/worker.h"
#include "bench/scenario/scenarios.h"
#include "bench/xmpp/login.h"

namespace vestnik::bench {
namespace {

struct OfflineOptions {
  std::size_t messages = 20;
  std::size_t body_bytes = 100;
};

/// User 2n writes to user 2n+1, who is away; then that one logs in, gets the messages, and leaves again.
/// `--concurrency` pairs at a time, all in turn.
class Offline final : public Scenario {
 public:
  Offline(Worker& worker, const OfflineOptions& options)
      : worker_(worker), options_(options), pairs_(worker.clients().size() / 2) {
    for (std::size_t i = 0; i < pairs_.size(); ++i) waiting_.push_back(i);
  }

  Task<> prepare(Client& client) override {
    if (worker_.index_of(client) % 2 != 0) co_await log_out(client);
  }

  void start() override {
    const std::size_t at_once = worker_.share_of(worker_.options().concurrency);
    while (running_ < at_once && !waiting_.empty()) begin_next();
  }
  void stop() override { stopping_ = true; }
  bool drained() const override { return running_ == 0; }
  void finish() override {
    for (const Pair& pair : pairs_) worker_.tally().order += pair.incoming.finish(pair.sent);
  }

  void on_stanza(Client& client, Element stanza) override {
    if (!stanza.is("message")) return;
    if (stanza.attr("type") == "error") {
      return worker_.tally().fail("message refused: " + describe_error(stanza), client.account().user);
    }
    const auto stamp = Stamp::parse(stanza.find("body").text());
    Pair& pair = pairs_[worker_.index_of(client) / 2];
    if (!stamp || worker_.index_of(client) % 2 == 0) return;
    pair.incoming.arrived(stamp->number);
    worker_.tally().record(Clock::now() - pair.came);
    if (pair.awaited == 0) return;
    --pair.awaited;
    if (pair.awaited == 0) client.signal();
  }

 private:
  struct Pair {
    std::uint64_t sent = 0;
    std::size_t awaited = 0;  ///< messages that have not come yet
    Clock::time_point came;   ///< when the receiver began to log in
    SequenceChecker incoming;
  };

  void begin_next() {
    if (stopping_ || waiting_.empty()) return;
    const std::size_t pair = waiting_.front();
    waiting_.pop_front();
    ++running_;
    Client& sender = *worker_.clients()[2 * pair];
    sender.run(write(sender, pair), [this, pair] { worker_.loop().defer([this, pair] { fetch(pair); }); });
  }

  /// Done when the server has taken the messages: it answers in order.
  Task<> write(Client& sender, std::size_t number) {
    Pair& pair = pairs_[number];
    sender.step("writing to a user who is away");
    for (std::size_t i = 0; i < options_.messages; ++i) {
      std::string message = fmt::format("<message to='{}' type='chat' id='{}'><body>",
                                        worker_.clients()[2 * number + 1]->bare_jid(), pair.sent);
      Stamp{.number = pair.sent++, .due = Clock::now()}.append_to(message, options_.body_bytes);
      sender.send(message + "</body></message>");
    }
    pair.awaited = options_.messages;
    const std::string id = sender.next_id();
    sender.send(fmt::format("<iq to='{}' type='get' id='{}'><ping xmlns='urn:xmpp:ping'/></iq>",
                            sender.target().domain, id));
    co_await sender.reply(id);
  }

  void fetch(std::size_t pair) {
    pairs_[pair].came = Clock::now();
    Client& receiver = *worker_.clients()[2 * pair + 1];
    receiver.run(visit(receiver, pair), [this, pair] {
      worker_.loop().defer([this, pair] {
        --running_;
        waiting_.push_back(pair);
        begin_next();
      });
    });
  }

  Task<> visit(Client& receiver, std::size_t pair) {
    co_await log_in(receiver);
    receiver.step("messages from when the user was away");
    if (pairs_[pair].awaited != 0) co_await receiver.signalled();
    co_await log_out(receiver);
  }

  Worker& worker_;
  const OfflineOptions& options_;
  std::vector<Pair> pairs_;
  std::deque<std::size_t> waiting_;
  std::size_t running_ = 0;
  bool stopping_ = false;
};

class OfflinePlan final : public Plan {
 public:
  std::string_view name() const override { return "offline"; }
  std::string_view summary() const override {
    return "messages to users who are away, and these users' logins to get them";
  }
  std::string_view operation() const override { return "message"; }
  void add_options(CLI::App& app) override {
    app.add_option("--messages", options_.messages, "messages for each absence")->check(CLI::PositiveNumber);
    app.add_option("--body", options_.body_bytes, "bytes in each body")
        ->check(CLI::Range(std::size_t{Stamp::kLongest}, 60'000UZ));
  }
  std::string describe() const override {
    return fmt::format("{} messages for each absence, {}-byte bodies", options_.messages,
                       options_.body_bytes);
  }
  std::optional<std::string> refuse(const Options& options) const override {
    if (options.users % 2 != 0) return "offline needs an even number of users";
    if (options.users / 2 < options.threads) return "offline needs at least two users on each thread";
    return std::nullopt;
  }
  std::unique_ptr<Scenario> make(Worker& worker) const override {
    return std::make_unique<Offline>(worker, options_);
  }

 private:
  OfflineOptions options_;
};

}  // namespace

std::unique_ptr<Plan> make_offline_plan() { return std::make_unique<OfflinePlan>(); }

}  // namespace vestnik::bench
