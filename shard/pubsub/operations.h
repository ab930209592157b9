#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/storage/pubsub_store.h"
#include "proto/base/result.h"
#include "proto/xep/dataform.h"
#include "proto/xep/rsm.h"
#include "shard/pubsub/node_state.h"

/// What can be asked of a service's nodes (XEP-0060), each as one job over the store: what is refused leaves
/// nothing changed. The store is the only truth about nodes, so that what was asked before is seen, and what
/// is told is what was committed. Storage threads.
namespace vestnik::pubsub {

/// How much a service may hold.
struct Quota {
  std::uint32_t nodes;
  std::uint32_t items;  ///< of a node
  std::uint64_t bytes;  ///< of all items
};

/// Who asks what service.
struct Caller {
  std::string service;  ///< its address
  Peer peer;
  std::string jid;  ///< of the peer, full
  Quota quota;

  NodeLimits limits() const { return {.max_items = quota.items}; }
};

/// §7.1
struct Publication {
  std::string node;
  storage::PubsubItem item = {};
  bool has_item = false;
  std::string payload_ns = {};  ///< of the item's payload; empty: it has none
  std::vector<FormField> preconditions = {};
};
/// Gives the node's state; its oldest items make room for the new one (§7.1.2).
Result<NodeState, Refusal> publish(storage::PubsubStore& store, const Caller& caller,
                                   const Publication& publication);

/// §7.2
Result<NodeState, Refusal> retract(storage::PubsubStore& store, const Caller& caller, std::string_view node,
                                   std::string_view item);

/// §8.1; the fields are those of a configuration form.
Result<void, Refusal> create(storage::PubsubStore& store, const Caller& caller, std::string_view node,
                             const std::vector<FormField>& fields, storage::UnixMillis now);

/// A node's state for its owner: §8.2, §8.8.1, §8.9.1.
Result<NodeState, Refusal> inspect(storage::PubsubStore& store, const Caller& caller, std::string_view node);
/// §8.2.4; gives the new state.
Result<NodeState, Refusal> configure(storage::PubsubStore& store, const Caller& caller, std::string_view node,
                                     const std::vector<FormField>& fields);
/// §8.4; gives the state it was in.
Result<NodeState, Refusal> remove(storage::PubsubStore& store, const Caller& caller, std::string_view node);
/// §8.5
Result<NodeState, Refusal> purge(storage::PubsubStore& store, const Caller& caller, std::string_view node);

/// Changes of affiliations (§8.9.2), by bare JID; gives the state before. None of them is made if one cannot
/// be.
Result<NodeState, Refusal> set_affiliations(storage::PubsubStore& store, const Caller& caller,
                                            std::string_view node,
                                            const std::vector<std::pair<std::string, Affiliation>>& changes);
/// Changes of subscriptions (§8.8.2), likewise; gives the state before.
Result<NodeState, Refusal> set_subscriptions(
    storage::PubsubStore& store, const Caller& caller, std::string_view node,
    const std::vector<std::pair<std::string, Subscription>>& changes);

/// §6.1
struct Subscribed {
  NodeState node;
  Subscription state;
  bool is_new;
  std::optional<storage::PubsubItem> last;  ///< to be sent to the subscriber
};
Result<Subscribed, Refusal> subscribe(storage::PubsubStore& store, const Caller& caller,
                                      std::string_view node, const std::string& jid);
/// The owner's answer to a request that is pending (§8.6).
Result<Subscribed, Refusal> decide(storage::PubsubStore& store, const Caller& caller, std::string_view node,
                                   const std::string& jid, bool allowed);
/// §6.2
Result<void, Refusal> unsubscribe(storage::PubsubStore& store, const Caller& caller, std::string_view node,
                                  const std::string& jid);

/// What the caller is to the service's nodes, and has of them (§5.6, §5.7); the owner is not listed.
std::vector<storage::PubsubTie> subscriptions_of(storage::PubsubStore& store, const Caller& caller);
std::vector<storage::PubsubTie> affiliations_of(storage::PubsubStore& store, const Caller& caller);

/// §6.5: which items; neither ids nor a number nor a page: all.
struct Retrieval {
  std::string node;
  std::vector<std::string> ids = {};
  std::optional<std::uint32_t> newest = {};  ///< the attribute `max_items`
  rsm::Request page = {};
};
/// What was found.
struct Retrieved {
  NodeState node;
  std::vector<storage::PubsubItem> items;
  bool left_out = false;  ///< there are more that were asked for
};
Result<Retrieved, Refusal> retrieve(storage::PubsubStore& store, const Caller& caller,
                                    const Retrieval& retrieval);

/// A node's last item, and the node.
struct LastItem {
  NodeState node;
  storage::PubsubItem item;
};
/// Of some nodes, those that send their last item to who becomes available (XEP-0163 §4.3.4). A payload of
/// more than 16 KiB is left out, lest contacts could flood who logs in.
struct LastItems {
  std::vector<LastItem> items;
  bool has_nodes = false;  ///< the service has any node at all
};
LastItems last_items(storage::PubsubStore& store, std::string_view service,
                     const std::vector<std::string>& nodes);

/// The nodes that the caller may read, for disco#items (XEP-0163 §6.2).
std::vector<NodeState> visible_nodes(storage::PubsubStore& store, const Caller& caller);
/// One of them, for disco#info.
Result<NodeState, Refusal> visible_node(storage::PubsubStore& store, const Caller& caller,
                                        std::string_view node);

}  // namespace vestnik::pubsub
