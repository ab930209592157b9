#pragma once
#include <cstdint>

#include "proto/jid/jid.h"

namespace vestnik::storage {

/// What archives know a message's peer by: hashes, as selective as the addresses, in eight bytes and four.
/// The same in all back-ends.
struct PeerKey {
  std::int64_t bare = 0;
  std::int64_t resource = 0;  ///< 0: none, or any
};

PeerKey key_of(JidView peer);

}  // namespace vestnik::storage
