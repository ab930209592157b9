#include "shard/routing/peer_order.h"

#include <string>
#include <utility>

#include "shard/routing/local_delivery.h"
#include "shard/shard.h"

namespace vestnik::peer_order {
namespace {

// From one peer to one account; a commit takes milliseconds.
constexpr std::size_t kMaxHeldBytes = 1ULL << 20;

}  // namespace

void hold(Account& account, JidView peer) { account.held().try_emplace(std::string(peer.full())); }

bool keep(Account& account, Stanza& stanza) {
  if (account.held().empty()) return false;
  const auto found = account.held().find(stanza.from().bare());
  if (found == account.held().end()) return false;
  auto& [stanzas, bytes] = found->second;
  if (bytes + stanza.cost() > kMaxHeldBytes) {
    account.shard().bounce(stanza, StanzaCondition::resource_constraint,
                           "too much is waiting; try again later");
    return true;
  }
  bytes += stanza.cost();
  stanzas.push_back({std::move(stanza), account.shard().receipts().part()});
  return true;
}

void release(Account& account, JidView peer) {
  const auto node = account.held().extract(std::string(peer.full()));
  if (node.empty()) return;
  auto& [waiting, bytes] = node.mapped();
  while (!waiting.empty()) {
    HeldStanza next = std::move(waiting.front());
    waiting.pop_front();
    bytes -= next.stanza.cost();
    const ReceiptScope scope(account.shard().receipts(), std::move(next.receipt));
    delivery::to_account(account, std::move(next.stanza));
    if (const auto again = account.held().find(peer.full()); again != account.held().end()) {
      again->second = std::move(node.mapped());
      return;
    }
  }
}

}  // namespace vestnik::peer_order
