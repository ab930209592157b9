#include "shard/pubsub/last_items.h"

#include <utility>
#include <vector>

#include "shard/presence/presence.h"
#include "shard/pubsub/account_nodes.h"
#include "shard/pubsub/announce.h"
#include "shard/pubsub/interests.h"
#include "shard/pubsub/operations.h"
#include "shard/pubsub/peer_of.h"
#include "shard/session/blocked.h"
#include "shard/shard.h"

namespace vestnik::pubsub {
namespace {

void ask(Session& session, const SharedNames& nodes, std::vector<Jid> accounts) {
  Shard& shard = session.account().shard();
  const Recipients by_shard = shard.recipients(std::move(accounts));
  for (ShardId target = 0; target < by_shard.size(); ++target) {
    if (by_shard[target]) shard.send_to(target, LastItemsWanted{session.jid(), nodes, by_shard[target]});
  }
}

void send_known(Account& account, const Jid& resource, const SharedNames& nodes, storage::UnixMillis since) {
  const LastItemCache& known = account.nodes().last_items;
  for (const auto& name : *nodes) {
    const LastItem* last = known.find(name);
    if (last == nullptr || last->item.published_at > since) continue;
    const Peer peer = peer_of(account, resource, last->node.config);
    const bool entitled = peer.sees_presence || last->node.subscription(peer) == Subscription::subscribed;
    if (entitled && last->node.may_read(peer))
      send_item(account.shard(), account.jid(), resource, last->node, last->item);
  }
}

}  // namespace

void ask_for_last_items(Session& session, const SharedNames& nodes) {
  Account& account = session.account();
  std::vector<Jid> accounts = presence::publishers(account);
  std::erase_if(accounts, [&](const Jid& jid) { return !account.shard().is_local(jid.domain()); });
  accounts.push_back(account.jid());
  ask(session, nodes, std::move(accounts));
}

void ask_for_last_items(Session& session, const SharedNames& nodes, JidView contact) {
  if (!session.account().shard().is_local(contact.domain())) return;
  ask(session, nodes, {Jid(contact.to_bare())});
}

void show_last_items(Shard& shard, const LastItemsWanted& wanted) {
  for (const Jid& owner : *wanted.accounts) {
    if (!owner.has_local()) continue;
    shard.with_account(owner, [resource = wanted.resource, nodes = wanted.nodes](Account* account) {
      if (account != nullptr) show_last_items(*account, resource, nodes);
    });
  }
}

void show_last_items(Account& account, const Jid& resource, const SharedNames& nodes) {
  const auto now = account.shard().reactor().wall_now();
  show_last_items(account, resource, nodes, std::chrono::floor<std::chrono::milliseconds>(now));
}

void show_last_items(Account& account, const Jid& resource, const SharedNames& nodes,
                     storage::UnixMillis since) {
  if (is_blocked(account, resource)) return;
  if (!account.nodes().last_items.knows(*nodes))
    return account.shard().interests().reader().read(account, resource, nodes, since);
  send_known(account, resource, nodes, since);
}

}  // namespace vestnik::pubsub
