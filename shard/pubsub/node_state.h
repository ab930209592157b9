#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/storage/pubsub_store.h"
#include "proto/pubsub/access.h"
#include "proto/pubsub/node_config.h"

namespace vestnik::pubsub {

/// A node at one moment, without its items: all that decides who may do what and who is told. A value, read
/// from the store by the job that needs it.
struct NodeState {
  storage::PubsubNodeId id = 0;  ///< valid within that job
  std::string name = {};
  NodeConfig config = {};
  std::vector<storage::PubsubAffiliation> affiliations = {};
  std::vector<storage::PubsubSubscription> subscriptions = {};
  storage::UnixMillis created_at = {};
  std::uint64_t items = 0;

  /// What the peer is to it.
  Affiliation affiliation(const Peer& peer) const;
  /// Whether its account is subscribed to it, with whatever resource.
  Subscription subscription(const Peer& peer) const;
  Result<void, Refusal> may_read(const Peer& peer) const {
    return pubsub::may_read(config, peer, affiliation(peer), subscription(peer));
  }
};

NodeState load_state(storage::PubsubStore& store, const storage::PubsubNode& node);

}  // namespace vestnik::pubsub
