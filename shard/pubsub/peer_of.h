#pragma once
#include "proto/jid/jid.h"
#include "proto/pubsub/access.h"
#include "proto/pubsub/node_config.h"
#include "shard/session/account.h"

namespace vestnik::pubsub {

/// Who somebody is to an account's nodes.
Peer peer_of(Account& account, JidView jid);
/// The same as far as access to a node like this depends on it: for many, groups are costly to find out.
Peer peer_of(Account& account, JidView jid, const NodeConfig& config);

}  // namespace vestnik::pubsub
