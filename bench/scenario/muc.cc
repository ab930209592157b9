#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "bench/load/pacer.h"
#include "bench/load/stamp.h"
#include "bench/load/worker.h"
#include "bench/scenario/scenarios.h"
#include "bench/xmpp/room.h"

namespace vestnik::bench {
namespace {

struct MucOptions {
  std::string service;  ///< empty: conference. and the domain
  std::size_t rooms = 20;
  std::size_t joined = 1;  ///< rooms that each user is in
  std::size_t window = 1;
  double rate = 0;  ///< messages per second of the whole run; 0: closed loop
  std::size_t body_bytes = 100;
  bool no_store = false;
};

/// Users are parted into groups, and each group shares `joined` rooms. Closed loop: the first `window`
/// occupants of a room speak, each again when it hears itself. Open loop: the same speak at a rate, in turn.
/// What is counted is what occupants hear.
class Muc final : public Scenario {
 public:
  Muc(Worker& worker, const MucOptions& options)
      : worker_(worker),
        options_(options),
        groups_(std::min(worker.share_of(options.rooms / options.joined), worker.clients().size())),
        rooms_(groups_ * options.joined),
        occupants_(worker.clients().size() / groups_),
        heard_(rooms_.size() * occupants_ * options.window),
        pacer_(worker.loop(), options.rate > 0 ? worker.share_of(options.rate) : 1,
               [this](Clock::time_point due) { speak_in_turn(due); }) {
    const std::string service =
        options.service.empty() ? "conference." + worker.options().target.domain : options.service;
    for (std::size_t i = 0; i < rooms_.size(); ++i) {
      const std::string& founder = worker.clients()[i / options.joined * occupants_]->account().user;
      rooms_[i].jid = fmt::format("{}-{}-{}@{}", founder, occupants_, i % options.joined, service);
      rooms_[i].sent.resize(options.window);
    }
  }

  /// The first of a group founds its rooms; the others wait for each.
  Task<> prepare(Client& client) override {
    const std::size_t index = worker_.index_of(client);
    if (index >= groups_ * occupants_) co_return;
    const bool founds = index % occupants_ == 0;
    for (std::size_t i = 0; i < options_.joined; ++i) {
      Room& room = rooms_[index / occupants_ * options_.joined + i];
      client.step("waiting for the room");
      while (!founds && !room.open) co_await client.signalled();
      co_await join_room(client, room.jid, client.account().user + '-' + client.resource());
      if (!founds) continue;
      room.open = true;
      for (std::size_t other = 1; other < occupants_; ++other) worker_.clients()[index + other]->signal();
    }
  }

  void start() override {
    if (options_.rate > 0) return pacer_.start();
    for (std::size_t room = 0; room < rooms_.size(); ++room) {
      for (std::size_t speaker = 0; speaker < options_.window; ++speaker) speak(room, speaker, Clock::now());
    }
  }

  void stop() override {
    stopping_ = true;
    pacer_.stop();
  }

  bool drained() const override { return sent_ * occupants_ == received_; }

  void finish() override {
    for (std::size_t i = 0; i < heard_.size(); ++i) {
      const Room& room = rooms_[i / options_.window / occupants_];
      worker_.tally().order += heard_[i].finish(room.sent[i % options_.window]);
    }
  }

  void on_stanza(Client& client, Element stanza) override {
    if (!stanza.is("message")) return;
    if (stanza.attr("type") == "error") {
      return worker_.tally().fail("message refused: " + describe_error(stanza), client.account().user);
    }
    const std::size_t index = worker_.index_of(client);
    const auto stamp = Stamp::parse(stanza.find("body").text());
    if (!stamp || index >= groups_ * occupants_) return;
    const auto now = Clock::now();
    const std::size_t occupant = index % occupants_;
    const std::size_t speaker = stamp->number % options_.window;
    const std::uint64_t rest = stamp->number / options_.window;
    const std::size_t room = index / occupants_ * options_.joined + rest % options_.joined;
    ++received_;
    heard_[(room * occupants_ + occupant) * options_.window + speaker].arrived(rest / options_.joined);
    worker_.tally().record(now - stamp->due);
    if (occupant == speaker && !stopping_ && options_.rate <= 0) speak(room, speaker, now);
  }

 private:
  struct Room {
    std::string jid;
    bool open = false;
    std::vector<std::uint64_t> sent;  ///< by speaker
  };

  /// The number in a message tells its speaker too, and which of the group's rooms it is in.
  void speak(std::size_t room, std::size_t speaker, Clock::time_point due) {
    const std::uint64_t in_group = rooms_[room].sent[speaker]++ * options_.joined + room % options_.joined;
    const std::uint64_t number = in_group * options_.window + speaker;
    message_ = "<message to='";
    message_.append(rooms_[room].jid).append("' type='groupchat' id='");
    message_.append(std::to_string(number)).append("'><body>");
    Stamp{.number = number, .due = due}.append_to(message_, options_.body_bytes);
    message_.append("</body>");
    if (options_.no_store) message_.append("<no-store xmlns='urn:xmpp:hints'/>");
    message_.append("</message>");
    worker_.clients()[room / options_.joined * occupants_ + speaker]->send(message_);
    ++sent_;
  }

  void speak_in_turn(Clock::time_point due) {
    const std::size_t room = next_ % rooms_.size();
    speak(room, next_ / rooms_.size() % options_.window, due);
    ++next_;
  }

  Worker& worker_;
  const MucOptions& options_;
  std::size_t groups_;
  std::vector<Room> rooms_;             ///< group by group
  std::size_t occupants_;               ///< of each room
  std::vector<SequenceChecker> heard_;  ///< by room, occupant and speaker
  Pacer pacer_;
  std::size_t next_ = 0;
  std::string message_;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  bool stopping_ = false;
};

class MucPlan final : public Plan {
 public:
  std::string_view name() const override { return "muc"; }
  std::string_view summary() const override {
    return "messages to rooms (XEP-0045), as their occupants get them";
  }
  std::string_view operation() const override { return "delivery"; }

  void add_options(CLI::App& app) override {
    app.add_option("--service", options_.service, "the room service (default: conference. and the domain)");
    app.add_option("--rooms", options_.rooms, "rooms, with equal shares of the users")
        ->check(CLI::PositiveNumber);
    app.add_option("--joined", options_.joined, "rooms that each user is in")->check(CLI::PositiveNumber);
    app.add_option("--window", options_.window, "closed loop: messages under way in each room")
        ->check(CLI::PositiveNumber);
    app.add_option("--rate", options_.rate,
                   "open loop: messages per second, of --window speakers in each room");
    app.add_option("--body", options_.body_bytes, "bytes in each body")
        ->check(CLI::Range(std::size_t{Stamp::kLongest}, 60'000UZ));
    app.add_flag("--no-store", options_.no_store, "mark messages as not to be archived (XEP-0334)");
  }

  std::string describe() const override {
    const std::string load = options_.rate > 0 ? fmt::format("open loop at {} messages/s", options_.rate)
                                               : fmt::format("window {}", options_.window);
    return fmt::format("{}, {} rooms, {} for each user, {}-byte bodies{}", load, options_.rooms,
                       options_.joined, options_.body_bytes, options_.no_store ? ", no-store" : "");
  }

  std::optional<std::string> refuse(const Options& options) const override {
    if (options_.rooms % options_.joined != 0) return "--rooms must be a multiple of --joined";
    const std::size_t on_thread = options.users / options.threads;
    const std::size_t groups = (options_.rooms / options_.joined + options.threads - 1) / options.threads;
    if (on_thread / groups < options_.window) {
      return fmt::format("a room of {} cannot have {} speakers: more --users, or a smaller --window",
                         on_thread / groups, options_.window);
    }
    return std::nullopt;
  }

  std::unique_ptr<Scenario> make(Worker& worker) const override {
    return std::make_unique<Muc>(worker, options_);
  }

 private:
  MucOptions options_;
};

}  // namespace

std::unique_ptr<Plan> make_muc_plan() { return std::make_unique<MucPlan>(); }

}  // namespace vestnik::bench
