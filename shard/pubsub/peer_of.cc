#include "shard/pubsub/peer_of.h"

#include "shard/presence/presence.h"
#include "shard/shard.h"

namespace vestnik::pubsub {
namespace {

Peer without_groups(Account& account, JidView jid) {
  Peer peer{.jid = std::string(jid.bare()), .sees_presence = presence::may_see(account, jid)};
  if (peer.jid == account.jid().full()) peer.everywhere = Affiliation::owner;
  return peer;
}

}  // namespace

Peer peer_of(Account& account, JidView jid) {
  Peer peer = without_groups(account, jid);
  if (const auto item = account.roster().find(peer.jid); item != account.roster().end())
    peer.groups = item->groups;
  const SharedContacts shared = account.shard().shared_groups().of(account);
  for (const auto group : shared.groups_of(peer.jid)) peer.groups.emplace_back(group);
  return peer;
}

Peer peer_of(Account& account, JidView jid, const NodeConfig& config) {
  return config.access == AccessModel::roster ? peer_of(account, jid) : without_groups(account, jid);
}

}  // namespace vestnik::pubsub
