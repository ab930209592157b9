#include "shard/pubsub/node_state.h"

#include <algorithm>

#include "proto/jid/jid.h"

namespace vestnik::pubsub {

Affiliation NodeState::affiliation(const Peer& peer) const {
  const auto found = std::ranges::find(affiliations, peer.jid, &storage::PubsubAffiliation::jid);
  const auto listed =
      found == affiliations.end() ? Affiliation::none : static_cast<Affiliation>(found->affiliation);
  return effective(peer, listed);
}

Subscription NodeState::subscription(const Peer& peer) const {
  auto best = Subscription::none;
  for (const auto& one : subscriptions) {
    if (JidView::of_canonical(one.jid).bare() != peer.jid) continue;
    best = static_cast<Subscription>(one.state);
    if (best == Subscription::subscribed) break;
  }
  return best;
}

NodeState load_state(storage::PubsubStore& store, const storage::PubsubNode& node) {
  return {.id = node.id,
          .name = node.name,
          .config = from_stored(node.config),
          .affiliations = store.affiliations(node.id),
          .subscriptions = store.subscriptions(node.id),
          .created_at = node.created_at,
          .items = node.items};
}

}  // namespace vestnik::pubsub
