// Rooms whose store or whose occupants' shards are slow.
#include <doctest/doctest.h>

#include "tests/unit/shard/fixture.h"

namespace vestnik {
namespace {

constexpr std::string_view kEnter = "<x xmlns='http://jabber.org/protocol/muc'/>";

/// A room's address on this shard.
Jid room_on(TestShards& shards, ShardId shard) {
  for (int n = 0;; ++n) {
    Jid room = Jid::from_parts(fmt::format("room{}", n), "conference.example.org").value();
    if (shards.owner(room).id() == shard) return room;
  }
}

void enter(TestClient& client, const Jid& room, std::string_view nick) {
  client.post({fmt::format("<presence to='{}/{}'>{}</presence>", room.full(), nick, kEnter)});
}

/// The next message with a body that comes to a client.
Stanza next_said(TestClient& client) {
  for (;;) {
    Stanza stanza = client.link().next_stanza();
    if (stanza.is_message() && stanza.has(Mark::body)) return stanza;
  }
}

/// Keeps all threads that read the store busy from now on.
class BusyReaders {
 public:
  explicit BusyReaders(TestShards& shards) {
    for (int n = 0; n < kMany; ++n) {
      shards.storage().read(
          storage::kNoWrite,
          [over = over_](storage::Stores&) {
            over.wait();
            return true;
          },
          [](const Result<bool, storage::Error>&) {});
    }
  }
  ~BusyReaders() { end_.set_value(); }
  BusyReaders(const BusyReaders&) = delete;
  BusyReaders& operator=(const BusyReaders&) = delete;

 private:
  static constexpr int kMany = 8;  // more than there are
  std::promise<void> end_;
  std::shared_future<void> over_ = end_.get_future().share();
};

}  // namespace

TEST_CASE("who waits too long for a room to be loaded is told so") {
  TestShards shards(1,
                    [](Config& config) { config.limits.parked_deadline = std::chrono::milliseconds{100}; });
  TestClient alice(shards, shards.add_account("alice").with_resource("a").value());
  const Jid room = room_on(shards, 0);
  const BusyReaders busy(shards);
  enter(alice, room, "alice");
  const Stanza answer = alice.link().next_stanza();
  CHECK(answer.is_presence());
  CHECK(answer.is_error());
  CHECK(answer.payload().contains("<internal-server-error "));
}

TEST_CASE("what a room says to all waits until no shard has too much queued, in order") {
  TestShards shards(
      2, [](Config& config) { config.limits.mailbox = {.low = 10'000, .soft = 20'000, .hard = 400'000}; });
  TestClient here(shards, shards.add_account_on(0).with_resource("here").value());
  TestClient there(shards, shards.add_account_on(1).with_resource("there").value());
  const Jid room = room_on(shards, 0);
  enter(here, room, "here");
  while (!here.link().next_stanza().payload().contains("110")) {
  }
  here.post(
      {fmt::format("<iq type='set' id='c' to='{}'><query xmlns='http://jabber.org/protocol/muc#owner'>"
                   "<x xmlns='jabber:x:data' type='submit'/></query></iq>",
                   room.full())});
  while (here.link().next_stanza().id() != "c") {
  }
  enter(there, room, "there");
  while (!there.link().next_stanza().payload().contains("110")) {
  }

  ShardGate gate(shards.owner(there.jid()));
  Reactor& mailbox = shards.owner(there.jid()).reactor();
  here.send(fmt::format("<message to='{}' id='much'><body>{}</body></message>", there.jid().full(),
                        std::string(30'000, 'x')));
  shards.end_turn(here.jid());
  const std::size_t before = mailbox.mailbox_bytes();
  CHECK(before > 20'000);
  for (const auto* const id : {"1", "2"}) {
    here.send(
        fmt::format("<message type='groupchat' to='{}' id='{}'><body>x</body></message>", room.full(), id));
    shards.end_turn(here.jid());
  }
  CHECK(mailbox.mailbox_bytes() == before);
  gate.open();
  for (const auto* const id : {"much", "1", "2"}) CHECK(next_said(there).id() == id);
  for (const auto* const id : {"1", "2"}) CHECK(next_said(here).id() == id);
}

}  // namespace vestnik
