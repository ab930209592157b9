// What crosses from shard to shard: batches, their cost, and the marks that hold producers back (RULES 4).
#include <doctest/doctest.h>

#include "tests/unit/shard/fixture.h"

namespace vestnik {
namespace {

/// Answers of the store come by the same mailbox: nothing is stored where its bytes are counted to the last.
void store_nothing(Config& config) { config.features.at("archive").enabled = false; }

/// Two clients on different shards.
struct Apart {
  explicit Apart(const std::function<void(Config&)>& configure = {}) : shards(2, configure) {}
  TestShards shards;
  TestClient here{shards, shards.add_account_on(0).with_resource("here").value()};
  TestClient there{shards, shards.add_account_on(1).with_resource("there").value()};

  Reactor& mailbox() { return shards.owner(there.jid()).reactor(); }
  /// Has `here` send a message of about so many bytes and waits until it is in the mailbox.
  void send(std::string_view id, std::size_t bytes = 0) {
    here.send(fmt::format("<message to='{}' id='{}'><body>{}</body></message>", there.jid().full(), id,
                          std::string(bytes, 'x')));
    shards.end_turn(here.jid());
  }
  bool congested() {
    bool is = false;
    shards.at(here.jid(), [&](Shard& shard) { is = shard.thread().congested(); });
    return is;
  }
  bool overloaded() {
    bool is = false;
    shards.at(here.jid(), [&](Shard& shard) { is = shard.overloaded(); });
    return is;
  }
};

/// Notes how full a mailbox is when the streams of a shard are written.
class MailboxAtFlush final : public Flushable {
 public:
  explicit MailboxAtFlush(Reactor& mailbox) : mailbox_(mailbox) {}
  void flush() override { bytes_ = mailbox_.mailbox_bytes(); }
  std::size_t bytes() const { return bytes_; }

 private:
  Reactor& mailbox_;
  std::size_t bytes_ = 0;
};

}  // namespace

TEST_CASE("a stanza is not delivered inside the call that routes it") {
  TestShards shards(1, store_nothing);
  TestClient alice(shards, shards.add_account("alice").with_resource("a").value());
  shards.at(alice.jid(), [&](Shard& shard) {
    for (const auto* const id : {"1", "2"}) {
      shard.route(Stanza::make(
          {.kind = StanzaKind::message, .from = alice.jid(), .to = alice.jid(), .id = id}, "<body>x</body>"));
    }
    CHECK(alice.link().empty());
    CHECK(shard.queued_bytes() > 2 * sizeof(Stanza));
  });
  CHECK(alice.link().next_stanza().id() == "1");
  CHECK(alice.link().next_stanza().id() == "2");
  shards.at(alice.jid(), [&](Shard& shard) { CHECK(shard.queued_bytes() == 0); });
}

TEST_CASE("what is under way to a busy shard is counted until it is handled, and arrives in order") {
  Apart apart(store_nothing);
  ShardGate gate(apart.shards.owner(apart.there.jid()));
  const std::size_t before = apart.mailbox().mailbox_bytes();
  for (int i = 0; i < 100; ++i) apart.send(std::to_string(i), 1'000);
  CHECK(apart.mailbox().mailbox_bytes() - before > 100'000);
  CHECK(apart.there.link().empty());
  gate.open();
  for (int i = 0; i < 100; ++i) REQUIRE(apart.there.link().next_stanza().id() == std::to_string(i));
  apart.shards.at(apart.there.jid(), [](Shard& shard) { CHECK(shard.queued_bytes() == 0); });
}

TEST_CASE("a full mailbox stops reading at its soft mark and refuses what is new at its hard mark") {
  Apart apart(
      [](Config& config) { config.limits.mailbox = {.low = 10'000, .soft = 20'000, .hard = 40'000}; });
  ShardGate gate(apart.shards.owner(apart.there.jid()));
  CHECK_FALSE(apart.congested());
  apart.send("1", 15'000);
  CHECK_FALSE(apart.congested());
  apart.send("2", 15'000);
  CHECK(apart.congested());
  CHECK_FALSE(apart.overloaded());
  apart.send("3", 15'000);
  CHECK(apart.overloaded());
  std::vector<int> passed;  // of those who wait until it is over
  apart.shards.at(apart.here.jid(), [&](Shard& shard) {
    for (const int place : {1, 2, 3})
      shard.thread().wait_in_line([&passed, place] { passed.push_back(place); });
  });

  apart.send("refused");
  const Stanza answer = apart.here.link().next_stanza();
  CHECK(answer.id() == "refused");
  CHECK(answer.is_error());
  CHECK(answer.payload().contains("type='wait'><resource-constraint "));
  // answers and presence go through: they end what is under way
  apart.here.send(fmt::format("<iq type='result' to='{}' id='4'/>", apart.there.jid().full()));
  apart.shards.end_turn(apart.here.jid());

  CHECK(passed.empty());
  gate.open();
  for (const auto* const id : {"1", "2", "3", "4"}) CHECK(apart.there.link().next_stanza().id() == id);
  apart.shards.at(apart.there.jid(), [](Shard&) {});
  apart.shards.end_turn(apart.here.jid());
  CHECK_FALSE(apart.congested());
  CHECK_FALSE(apart.overloaded());
  CHECK(passed == std::vector{1, 2, 3});
  apart.send("5");
  CHECK(apart.there.link().next_stanza().id() == "5");
}

TEST_CASE("another shard hears that a stanza is safe when what came of it is written") {
  Apart apart(store_nothing);
  Shard& other = apart.shards.owner(apart.here.jid());
  const ShardGate gate(other);
  const std::size_t before = other.reactor().mailbox_bytes();
  const auto written = std::make_shared<MailboxAtFlush>(other.reactor());
  apart.shards.at(apart.there.jid(), [&](Shard& shard) {
    shard.thread().flush_later(written);
    const ReceiptToken whole{
        .session = 1, .share = kWholeShare, .number = 1, .origin = {.node = 0, .shard = other.id()}};
    Receipt(shard.receipts(), whole).settle();
  });
  apart.shards.end_turn(apart.there.jid());
  CHECK(written->bytes() == before);
  CHECK(other.reactor().mailbox_bytes() > before);
}

TEST_CASE("a stanza for another domain comes back from the thread that other servers have") {
  TestShards shards(1);
  TestClient alice(shards, shards.add_account("alice").with_resource("a").value());
  for (const auto* const id : {"1", "2", "3"}) {
    alice.send(fmt::format("<message to='bob@elsewhere.example' id='{}'><body/></message>", id));
    const Stanza answer = alice.link().next_stanza();
    CHECK(answer.id() == id);
    CHECK(answer.payload().contains("<remote-server-not-found "));
  }
}

}  // namespace vestnik
