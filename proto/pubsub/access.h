#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/result.h"
#include "proto/pubsub/node_config.h"
#include "proto/pubsub/refusal.h"

namespace vestnik::pubsub {

/// What somebody is to a node (XEP-0060 §4.1). The numbers are stored.
enum class Affiliation : std::uint8_t { none = 0, owner = 1, publisher = 2, member = 3, outcast = 4 };
std::string_view to_string(Affiliation affiliation);
std::optional<Affiliation> parse_affiliation(std::string_view text);

/// The state of a subscription (§4.2). The numbers are stored.
enum class Subscription : std::uint8_t { none = 0, subscribed = 1, pending = 2 };
std::string_view to_string(Subscription subscription);
std::optional<Subscription> parse_subscription(std::string_view text);

/// Who asks something of a service, as far as access depends on it.
struct Peer {
  std::string jid;  ///< bare
  /// What it is to all nodes of the service: an account is the owner of its own.
  Affiliation everywhere = Affiliation::none;
  bool sees_presence = false;            ///< of the account that the service is
  std::vector<std::string> groups = {};  ///< of that account's roster that it is in

  friend bool operator==(const Peer&, const Peer&) = default;
};

/// What the peer is to a node, given what the node's own list says.
inline Affiliation effective(const Peer& peer, Affiliation listed) {
  return peer.everywhere == Affiliation::none ? listed : peer.everywhere;
}

/// Whether the peer may subscribe to the node and retrieve its items, or what tells it why not (§6.1.3,
/// §6.5.9). `affiliation` is the effective one. With AccessModel::authorize a subscription gives access to
/// items; without one the refusal is `not-subscribed`.
Result<void, Refusal> may_read(const NodeConfig& config, const Peer& peer, Affiliation affiliation,
                               Subscription subscription);

/// Whether it may publish (§7.1.3.1).
bool may_publish(const NodeConfig& config, Affiliation affiliation, Subscription subscription);

}  // namespace vestnik::pubsub
