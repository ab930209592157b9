#pragma once
#include <algorithm>
#include <string_view>
#include <utility>

#include "shard/message.h"

namespace vestnik::pubsub {

/// What all who claim one hash can do (XEP-0115), as far as this server wants to know: the nodes of which
/// they want to hear. One object for each hash on a shard, shared by all claimants; unverified until one of
/// them has proven it.
class Capabilities {
 public:
  bool verified() const { return wanted_ != nullptr; }
  /// The nodes whose events they want (XEP-0163 §4.2), in order; null until verified.
  const SharedNames& wanted() const { return wanted_; }
  bool wants(std::string_view node) const { return wanted_ && std::ranges::binary_search(*wanted_, node); }

  /// Once, by the table that has it.
  void verify(SharedNames wanted) { wanted_ = std::move(wanted); }

 private:
  SharedNames wanted_;
};

using CapabilitiesRef = std::shared_ptr<const Capabilities>;

}  // namespace vestnik::pubsub
