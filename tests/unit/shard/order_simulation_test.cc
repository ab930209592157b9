// RULES 1: stanzas of one pair never overtake each other and none is lost, wherever the two live and whatever
// is slow. The schedule (who sends what, which shards stand still meanwhile, who comes online when) follows
// from a seed; the real shards run it.
#include <doctest/doctest.h>

#include <map>
#include <random>

#include "tests/unit/shard/fixture.h"

namespace vestnik {
namespace {

constexpr int kSteps = 60;
constexpr std::size_t kMaxBurst = 80;  // more than what goes into one batch
constexpr std::size_t kOnline = 5;
constexpr std::size_t kLate = 3;
constexpr std::size_t kKeptAtMost = 900;  // for somebody late; below limits.offline_messages

class Simulation {
 public:
  Simulation(std::uint32_t workers, std::uint32_t seed) : random_(seed), shards_(workers), gates_(workers) {
    for (std::size_t i = 0; i < kOnline; ++i) clients_.push_back(log_in(fmt::format("online{}", i)));
    for (std::size_t i = 0; i < kLate; ++i) late_.push_back(shards_.add_account(fmt::format("late{}", i)));
  }

  void run() {
    for (int step = 0; step < kSteps; ++step) take_step();
    for (auto& gate : gates_) gate.reset();
    while (arrived_ < kLate) arrive();
    for (const auto& client : clients_) check_received(*client);
  }

 private:
  using Pair = std::pair<std::string, std::string>;  // from, to

  std::size_t pick(std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
  }

  std::unique_ptr<TestClient> log_in(const std::string& name) {
    return std::make_unique<TestClient>(shards_, shards_.add_account(name).with_resource("r").value());
  }

  void take_step() {
    switch (pick(10)) {
      case 0: return gates_[pick(gates_.size())].reset();
      case 1:
      case 2: {
        const std::size_t shard = pick(gates_.size());
        if (!gates_[shard])
          gates_[shard] = std::make_unique<ShardGate>(*shards_.group().services().shards[shard]);
        return;
      }
      case 3:
        if (arrived_ < kLate && pick(4) == 0) arrive();
        return;
      default: return send_burst(pick(kOnline));
    }
  }

  /// The next of those who are late logs in and takes messages.
  void arrive() {
    const Jid full = late_[arrived_++].with_resource("r").value();
    gates_[shards_.owner(full).id()].reset();
    clients_.push_back(std::make_unique<TestClient>(shards_, full));
    clients_.back()->post({"<presence/>"});
  }

  void send_burst(std::size_t sender) {
    std::vector<std::string> burst;
    for (std::size_t left = 1 + pick(kMaxBurst); left > 0; --left) burst.push_back(next_stanza(sender));
    clients_[sender]->post(std::move(burst));
  }

  std::string next_stanza(std::size_t sender) {
    const std::string& from = clients_[sender]->jid().full();
    switch (pick(6)) {
      case 0: {  // bounced
        const std::string to = fmt::format("nobody{}@example.org/r", pick(3));
        return fmt::format("<iq type='get' to='{}' id='{}'><q xmlns='urn:q'/></iq>", to, number(to, from));
      }
      case 1: {  // parked, kept, handed out or delivered
        const std::size_t whom = pick(kLate);
        const std::string& to = late_[whom].full();
        if (kept_[whom]++ < kKeptAtMost) {
          return fmt::format("<message type='chat' to='{}' id='{}'><body>{}</body></message>", to,
                             number(from, late_[whom].with_resource("r")->full()),
                             std::string(pick(50), 'x'));
        }
        [[fallthrough]];
      }
      default: {
        const std::string& to = clients_[pick(kOnline)]->jid().full();
        const std::uint32_t id = number(from, to);
        switch (pick(4)) {
          case 0: return fmt::format("<iq type='result' to='{}' id='{}'/>", to, id);
          case 1: return fmt::format("<iq type='set' to='{}' id='{}'><q xmlns='urn:q'/></iq>", to, id);
          case 2: return fmt::format("<message type='headline' to='{}' id='{}'/>", to, id);
          default:
            return fmt::format("<message to='{}' id='{}'><body>{}</body></message>", to, id,
                               std::string(pick(3'000), 'x'));
        }
      }
    }
  }

  /// The number of the next stanza that `to` will get from `from`.
  std::uint32_t number(const std::string& from, const std::string& to) { return sent_[{from, to}]++; }

  void check_received(TestClient& client) {
    std::map<std::string, std::uint32_t> received;
    std::size_t missing = 0;
    for (const auto& [pair, count] : sent_) {
      if (pair.second == client.jid().full()) missing += count;
    }
    while (missing > 0) {
      const Stanza stanza = client.link().next_stanza();
      if (stanza.is_presence()) continue;  // its own
      const std::string from(stanza.from().full());
      CAPTURE(from);
      REQUIRE(stanza.id() == std::to_string(received[from]++));
      --missing;
    }
  }

  std::mt19937 random_;
  TestShards shards_;
  std::vector<std::unique_ptr<TestClient>> clients_;  ///< those who send, then those who were late
  std::vector<Jid> late_;
  std::map<std::size_t, std::size_t> kept_;
  std::size_t arrived_ = 0;
  std::map<Pair, std::uint32_t> sent_;
  std::vector<std::unique_ptr<ShardGate>> gates_;  ///< by shard: it stands still
};

}  // namespace

TEST_CASE("order per pair under seeded schedules") {
  for (const std::uint32_t workers : {1U, 2U, 4U}) {
    for (std::uint32_t seed = 1; seed <= 8; ++seed) {
      CAPTURE(workers);
      CAPTURE(seed);
      Simulation(workers, seed).run();
    }
  }
}

}  // namespace vestnik
