#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "shard/message.h"
#include "shard/pubsub/node_state.h"
#include "shard/session/account.h"

/// Who hears of what happens at an account's nodes (XEP-0163 §4). The shard's thread.
namespace vestnik::pubsub {

/// A node of the account `owner` has changed, and that is committed: what was known of its last item is
/// forgotten, and `event` (serialised; empty: there is none) is told to all who may hear of it.
void changed(Shard& shard, const Jid& owner, NodeState node, std::string event);

/// Hop 7: who gets an event for accounts of this shard.
std::vector<Jid> listeners(Shard& shard, const NodeEvent& event);

/// Sends one address an event of a node.
void send_event(Shard& shard, const Jid& owner, JidView to, const NodeConfig& config, std::string_view event);
/// The same with its last item, and when that was published (XEP-0203).
void send_item(Shard& shard, const Jid& owner, JidView to, const NodeState& node,
               const storage::PubsubItem& item);
/// Tells the owner that `subscriber` asks to be let in (XEP-0060 §8.6).
void ask_owner(Shard& shard, const Jid& owner, std::string_view node, std::string_view subscriber);

}  // namespace vestnik::pubsub
