#include "shard/routing/peer_order.h"

#include <doctest/doctest.h>

#include "shard/routing/local_delivery.h"
#include "tests/unit/shard/fixture.h"

namespace vestnik {
namespace {

Stanza message(std::string_view from, const Jid& to, std::string_view id, std::string_view payload = "") {
  return Stanza::make({.kind = StanzaKind::message,
                       .type = StanzaType::chat,
                       .from = JidView::of_canonical(from),
                       .to = to,
                       .id = id},
                      payload);
}

}  // namespace

TEST_CASE("what a peer sends behind its change waits for it; what others send does not") {
  TestShards shards(1);
  TestClient bob(shards, shards.add_account("bob").with_resource("here").value());
  const JidView peer = JidView::of_canonical("alice@example.org");
  shards.with_account(bob.jid(), [&](Account& account) {
    peer_order::hold(account, peer);
    for (const auto* const id : {"1", "2"}) {
      delivery::to_account(account, message("alice@example.org/a", bob.jid(), id));
    }
    delivery::to_account(account, message("carol@example.org/c", bob.jid(), "3"));
    delivery::to_account(account, message("alice@example.org/b", bob.jid(), "4"));
    CHECK(account.held().at("alice@example.org").stanzas.size() == 3);
    peer_order::release(account, peer);
    CHECK(account.held().empty());
    delivery::to_account(account, message("alice@example.org/a", bob.jid(), "5"));
  });
  for (const auto* const id : {"3", "1", "2", "4", "5"}) CHECK(bob.link().next_stanza().id() == id);
}

TEST_CASE("what waits is bounded: beyond it the sender is told to try again") {
  TestShards shards(1);
  TestClient alice(shards, shards.add_account("alice").with_resource("a").value());
  TestClient bob(shards, shards.add_account("bob").with_resource("here").value());
  const std::string kilobytes = "<body>" + std::string(300'000, 'x') + "</body>";
  shards.with_account(bob.jid(), [&](Account& account) {
    peer_order::hold(account, alice.jid().view().to_bare());
    for (const auto* const id : {"1", "2", "3", "4"}) {
      delivery::to_account(account, message(alice.jid().full(), bob.jid(), id, kilobytes));
    }
    peer_order::release(account, alice.jid().view().to_bare());
  });
  for (const auto* const id : {"1", "2", "3"}) CHECK(bob.link().next_stanza().id() == id);
  const Stanza refused = alice.link().next_stanza();
  CHECK(refused.id() == "4");
  CHECK(refused.payload().contains("<resource-constraint "));
}

}  // namespace vestnik
