#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "bench/load/pacer.h"
#include "bench/load/stamp.h"
#include "bench/load/worker.h"
#include "bench/scenario/scenarios.h"
#include "bench/xmpp/archive.h"
#include "bench/xmpp/login.h"
#include "bench/xmpp/room.h"

namespace vestnik::bench {
namespace {

enum class Kind : std::uint8_t { chat, presence, room, roster, ping, archive, visit };
constexpr std::array<std::string_view, 7> kKinds = {"chat", "presence", "room", "roster",
                                                    "ping", "archive",  "visit"};

struct MixOptions {
  double rate = 500;  ///< operations per second of the whole run
  std::string proportions = "chat=70,presence=10,roster=5,ping=10,visit=5";
  std::size_t occupants = 20;  ///< of each room
  std::string service;         ///< of rooms; empty: conference. and the domain
};

using Weights = std::array<double, kKinds.size()>;

/// `chat=70,ping=30` as weights; the error is a sentence.
Result<Weights, std::string> parse_proportions(const std::string& text) {
  Weights weights{};
  for (const std::string& part : CLI::detail::split(text, ',')) {
    const auto equals = std::min(part.find('='), part.size());
    const auto kind = std::ranges::find(kKinds, std::string_view(part).substr(0, equals));
    double weight = 0;
    const char* end = part.data() + part.size();
    const char* begin = part.data() + std::min(equals + 1, part.size());
    const auto parsed = std::from_chars(begin, end, weight);
    if (kind == kKinds.end() || parsed.ec != std::errc{} || parsed.ptr != end || weight < 0) {
      return Err(
          fmt::format("--proportions: '{}' is no number for one of {}", part, fmt::join(kKinds, ", ")));
    }
    weights.at(static_cast<std::size_t>(kind - kKinds.begin())) = weight;
  }
  if (weights == Weights{}) return Err(std::string("--proportions: all of them are 0"));
  return weights;
}

/// A day of a service in small: operations of several kinds at a steady rate. Four fifths of the users stay
/// and do everything but visits, the others come and go. An operation is complete when its message has
/// arrived, its answer is there, the sender has its own presence or room message back, or the visit is over.
class Mix final : public Scenario {
 public:
  Mix(Worker& worker, const MixOptions& options, const Weights& weights)
      : worker_(worker),
        options_(options),
        residents_(worker.clients().size() * 4 / 5 / 2 * 2),
        pacer_(worker.loop(), worker.share_of(options.rate), [this](Clock::time_point due) { begin(due); }),
        random_(static_cast<std::uint32_t>(worker.clients().front()->number())),
        choice_(weights.begin(), weights.end()),
        with_rooms_(weights.at(static_cast<std::size_t>(Kind::room)) > 0) {
    for (std::size_t i = residents_.size(); i < worker.clients().size(); ++i) away_.push_back(i);
  }

  Task<> prepare(Client& client) override {
    const std::size_t index = worker_.index_of(client);
    if (index >= residents_.size()) co_return co_await log_out(client);
    if (!with_rooms_) co_return;
    const std::size_t founder = index / options_.occupants * options_.occupants;
    client.step("waiting for the room");
    while (index != founder && !residents_[founder].in_room) co_await client.signalled();
    co_await join_room(client, room_of(index), client.account().user);
    residents_[index].in_room = true;
    if (index != founder) co_return;
    const std::size_t end = std::min(founder + options_.occupants, residents_.size());
    for (std::size_t i = founder + 1; i < end; ++i) worker_.clients()[i]->signal();
  }

  void start() override { pacer_.start(); }
  void stop() override {
    stopping_ = true;
    pacer_.stop();
    due_visits_.clear();
  }
  bool drained() const override { return outstanding_ == 0; }

  void finish() override {
    for (std::size_t i = 0; i < residents_.size(); ++i) {
      const Resident& resident = residents_[i];
      auto& order = worker_.tally().order;
      order += resident.heard[kChat].finish(residents_[i ^ 1U].sent[kChat]);
      order += resident.heard[kPresence].finish(resident.sent[kPresence]);
      order += resident.heard[kRoom].finish(resident.sent[kRoom]);
    }
    worker_.tally().order.lost += unanswered_;
  }

  void on_stanza(Client& client, Element stanza) override {
    const std::size_t index = worker_.index_of(client);
    if (index >= residents_.size()) return;
    const auto type = stanza.attr("type");
    if (stanza.is("iq")) return on_answer(client, stanza, type);
    if (type == "error") {
      return worker_.tally().fail(fmt::format("{} refused: {}", stanza.name(), describe_error(stanza)),
                                  client.account().user);
    }
    if (stanza.is("presence")) {
      if (!stanza.attr("from").starts_with(client.jid())) return;
      return complete(index, kPresence, Stamp::parse(stanza.find("status").text()));
    }
    const auto stamp = Stamp::parse(stanza.find("body").text());
    if (type == "chat") return complete(index, kChat, stamp);
    if (type == "groupchat" && stanza.attr("from").ends_with('/' + client.account().user)) {
      complete(index, kRoom, stamp);
    }
  }

 private:
  /// What is numbered: each resident's chat messages, presence and room messages.
  enum Numbered : std::uint8_t { kChat, kPresence, kRoom, kNumbered };
  struct Resident {
    bool in_room = false;
    std::array<std::uint64_t, kNumbered> sent{};
    std::array<SequenceChecker, kNumbered> heard;  ///< what comes (back) to this one
  };
  static constexpr std::size_t kBody = 100;
  static constexpr std::string_view kIdMark = "t";

  std::string room_of(std::size_t index) const {
    const std::size_t founder = index / options_.occupants * options_.occupants;
    const std::string service =
        options_.service.empty() ? "conference." + worker_.options().target.domain : options_.service;
    return fmt::format("mix-{}@{}", worker_.clients()[founder]->account().user, service);
  }

  void begin(Clock::time_point due) {
    const auto kind = static_cast<Kind>(choice_(random_));
    if (kind == Kind::visit) {
      due_visits_.push_back(due);
      return begin_visits();
    }
    const std::size_t index = next_++ % residents_.size();
    Client& client = *worker_.clients()[index];
    const std::string id = std::string(kIdMark) + std::to_string(due.time_since_epoch().count());
    ++outstanding_;
    switch (kind) {
      case Kind::chat:
        return client.send(fmt::format("<message to='{}' type='chat' id='{}'><body>{}</body></message>",
                                       worker_.clients()[index ^ 1U]->jid(), id, stamp(index, kChat, due)));
      case Kind::presence:
        return client.send(
            fmt::format("<presence><status>{}</status></presence>", stamp(index, kPresence, due)));
      case Kind::room:
        return client.send(fmt::format("<message to='{}' type='groupchat' id='{}'><body>{}</body></message>",
                                       room_of(index), id, stamp(index, kRoom, due)));
      case Kind::roster: return ask(client, id, "<query xmlns='jabber:iq:roster'/>");
      case Kind::ping: return ask(client, id, "<ping xmlns='urn:xmpp:ping'/>");
      case Kind::archive: ++unanswered_; return client.send(last_page_query(id, 10, ""));
      case Kind::visit: return;
    }
  }

  std::string stamp(std::size_t index, Numbered what, Clock::time_point due) {
    std::string text;
    Stamp{.number = residents_[index].sent.at(what)++, .due = due}.append_to(text, kBody);
    return text;
  }

  void ask(Client& client, std::string_view id, std::string_view payload) {
    ++unanswered_;
    client.send(fmt::format("<iq type='get' id='{}'>{}</iq>", id, payload));
  }

  void complete(std::size_t index, Numbered what, const std::optional<Stamp>& stamp) {
    if (!stamp) return;
    residents_[index].heard.at(what).arrived(stamp->number);
    worker_.tally().record(Clock::now() - stamp->due);
    --outstanding_;
  }

  void on_answer(Client& client, Element iq, std::string_view type) {
    const auto id = iq.attr("id");
    std::int64_t due = 0;
    if (!id.starts_with(kIdMark) || (type != "result" && type != "error")) return;
    std::from_chars(id.data() + kIdMark.size(), id.data() + id.size(), due);
    --outstanding_;
    --unanswered_;
    if (type == "error") {
      return worker_.tally().fail("request refused: " + describe_error(iq), client.account().user);
    }
    worker_.tally().record(Clock::now() - Clock::time_point(Clock::duration(due)));
  }

  /// A visit that is due waits until somebody is away, and that shows in its latency.
  void begin_visits() {
    while (!due_visits_.empty() && !away_.empty()) {
      const std::size_t visitor = away_.front();
      const auto due = due_visits_.front();
      away_.pop_front();
      due_visits_.pop_front();
      ++outstanding_;
      Client& client = *worker_.clients()[visitor];
      client.run(come_and_go(client), [this, visitor, due] {
        worker_.tally().record(Clock::now() - due);
        --outstanding_;
        worker_.loop().defer([this, visitor] {
          away_.push_back(visitor);
          begin_visits();
        });
      });
    }
  }

  static Task<> come_and_go(Client& client) {
    co_await log_in(client);
    co_await log_out(client);
  }

  Worker& worker_;
  const MixOptions& options_;
  std::vector<Resident> residents_;
  std::deque<std::size_t> away_;  ///< visitors, by their place among the clients
  std::deque<Clock::time_point> due_visits_;
  Pacer pacer_;
  std::minstd_rand random_;  // the same sequence in every run
  std::discrete_distribution<std::size_t> choice_;
  bool with_rooms_;
  std::size_t next_ = 0;
  std::uint64_t outstanding_ = 0;
  std::uint64_t unanswered_ = 0;  ///< requests among them
  bool stopping_ = false;
};

class MixPlan final : public Plan {
 public:
  std::string_view name() const override { return "mix"; }
  std::string_view summary() const override {
    return "everything at once, at a rate: messages, presence, rooms, requests, logins";
  }
  std::string_view operation() const override { return "operation"; }

  void add_options(CLI::App& app) override {
    app.add_option("--rate", options_.rate, "operations per second; latency counts from when each was due")
        ->check(CLI::PositiveNumber);
    app.add_option("--proportions", options_.proportions,
                   "how often each kind: chat, presence, room, roster, ping, archive, visit")
        ->capture_default_str();
    app.add_option("--occupants", options_.occupants, "users in each room")->check(CLI::PositiveNumber);
    app.add_option("--service", options_.service, "the room service (default: conference. and the domain)");
  }

  std::string describe() const override {
    return fmt::format("open loop at {}/s, {}", options_.rate, options_.proportions);
  }

  std::optional<std::string> refuse(const Options& options) const override {
    if (options.users / options.threads < 5) return "mix needs at least five users on each thread";
    const auto weights = parse_proportions(options_.proportions);
    return weights ? std::nullopt : std::optional(weights.error());
  }

  std::unique_ptr<Scenario> make(Worker& worker) const override {
    return std::make_unique<Mix>(worker, options_, *parse_proportions(options_.proportions));
  }

 private:
  MixOptions options_;
};

}  // namespace

std::unique_ptr<Plan> make_mix_plan() { return std::make_unique<MixPlan>(); }

}  // namespace vestnik::bench
