#pragma once
#include <functional>
#include <map>
#include <string>

#include "shard/pubsub/capabilities.h"
#include "shard/pubsub/last_item_cache.h"

namespace vestnik::pubsub {

/// What is kept of an account for its nodes while it is loaded.
struct AccountNodes {
  LastItemCache last_items;
  /// Contacts of other servers that are there, by full JID, and what they can do; as many as a roster may
  /// have items.
  std::map<std::string, CapabilitiesRef, std::less<>> peers;
};

}  // namespace vestnik::pubsub
