#pragma once
#include <string>
#include <string_view>

#include "proto/pubsub/access.h"
#include "proto/pubsub/node_config.h"

/// What a service tells of its nodes: `<event/>`, serialised (XEP-0060).
namespace vestnik::pubsub {

/// An item was published (§7.1.2.1). `id` may be empty; so may `payload`, which is serialised.
std::string published_event(std::string_view node, std::string_view id, std::string_view payload);
/// An item was removed (§7.2.2.1).
std::string retracted_event(std::string_view node, std::string_view id);
/// The node is gone (§8.4.2), perhaps to somewhere else (`redirect`: a URI).
std::string deleted_event(std::string_view node, std::string_view redirect);
/// All items are gone (§8.5.2).
std::string purged_event(std::string_view node);
/// The node behaves in another way from now on (§8.2.5.4); `config` null: without saying how.
std::string configured_event(std::string_view node, const NodeConfig* config);
/// What a subscription has become (§8.8.4).
std::string subscription_event(std::string_view node, std::string_view jid, Subscription state);

}  // namespace vestnik::pubsub
