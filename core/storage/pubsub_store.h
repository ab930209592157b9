#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/storage/unix_millis.h"

namespace vestnik::storage {

/// Names a node in the store; not to be kept after the job.
using PubsubNodeId = std::int64_t;

/// A node of a service. The service is an address: an account's bare JID, whose nodes go with it, or a
/// domain.
struct PubsubNode {
  PubsubNodeId id = 0;
  std::string name;
  std::string config;  ///< as it was given (proto/pubsub/node_config.h)
  UnixMillis created_at{};
  std::uint64_t items = 0;
  std::uint64_t bytes = 0;  ///< of all items

  friend bool operator==(const PubsubNode&, const PubsubNode&) = default;
};

/// An item of a node. Its position says when it was published last; positions of one node only grow.
struct PubsubItem {
  std::string id;
  std::string publisher;  ///< full JID
  UnixMillis published_at{};
  std::string payload;        ///< serialised, or empty
  std::int64_t position = 0;  ///< given by the store

  friend bool operator==(const PubsubItem&, const PubsubItem&) = default;
};

/// Which items of a node: those between two positions, neither included.
struct PubsubRange {
  std::int64_t after = 0;
  std::int64_t before = std::numeric_limits<std::int64_t>::max();
  std::size_t limit = 0;
  bool newest = false;  ///< the newest of them, if there are more than `limit`; else the oldest
};

/// How much a service holds.
struct PubsubUsage {
  std::uint64_t nodes = 0;
  std::uint64_t bytes = 0;

  friend bool operator==(const PubsubUsage&, const PubsubUsage&) = default;
};

/// What somebody is to a node, or has of it; the numbers are those of proto/pubsub/access.h.
struct PubsubAffiliation {
  std::string jid;  ///< bare
  int affiliation = 0;

  friend bool operator==(const PubsubAffiliation&, const PubsubAffiliation&) = default;
};

/// The same of a subscription.
struct PubsubSubscription {
  std::string jid;  ///< bare or full
  int state = 0;

  friend bool operator==(const PubsubSubscription&, const PubsubSubscription&) = default;
};

/// The same, of one peer at several nodes.
struct PubsubTie {
  std::string node;  ///< its name
  std::string jid;
  int value = 0;

  friend bool operator==(const PubsubTie&, const PubsubTie&) = default;
};

/// Nodes, items and who has to do with them (XEP-0060); conventions as in AccountStore.
class PubsubStore {
 public:
  virtual ~PubsubStore() = default;

  virtual std::optional<PubsubNode> find(std::string_view service, std::string_view name) = 0;
  /// Up to `limit` nodes by name, from the first one greater than `after`.
  virtual std::vector<PubsubNode> list(std::string_view service, std::string_view after,
                                       std::size_t limit) = 0;
  virtual PubsubUsage usage(std::string_view service) = 0;

  /// The name must be free.
  virtual PubsubNodeId create(std::string_view service, std::string_view name, std::string_view config,
                              UnixMillis created_at) = 0;
  virtual void configure(PubsubNodeId node, std::string_view config) = 0;
  /// Deletes the node with all that hangs on it.
  virtual void remove(PubsubNodeId node) = 0;

  /// Adds the item, or replaces the one of that id, as the newest of the node.
  virtual void put_item(PubsubNodeId node, const PubsubItem& item) = 0;
  virtual std::optional<PubsubItem> item(PubsubNodeId node, std::string_view id) = 0;
  /// Oldest first.
  virtual std::vector<PubsubItem> items(PubsubNodeId node, const PubsubRange& range) = 0;
  /// False if there is no such item.
  virtual bool remove_item(PubsubNodeId node, std::string_view id) = 0;
  virtual void purge(PubsubNodeId node) = 0;

  virtual std::vector<PubsubAffiliation> affiliations(PubsubNodeId node) = 0;
  /// 0 removes it.
  virtual void set_affiliation(PubsubNodeId node, std::string_view jid, int affiliation) = 0;
  virtual std::vector<PubsubSubscription> subscriptions(PubsubNodeId node) = 0;
  /// 0 removes it.
  virtual void set_subscription(PubsubNodeId node, std::string_view jid, int state) = 0;

  /// Of all nodes of a service, by name: the affiliations of `jid` (bare), and its subscriptions, those of
  /// its resources included.
  virtual std::vector<PubsubTie> affiliations_of(std::string_view service, std::string_view jid) = 0;
  virtual std::vector<PubsubTie> subscriptions_of(std::string_view service, std::string_view jid) = 0;
};

}  // namespace vestnik::storage
