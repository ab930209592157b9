#include "core/storage/peer_key.h"

#include <string_view>

#include "proto/base/siphash.h"

namespace vestnik::storage {
namespace {

// A key that everybody knows: to have a stranger's messages found under a contact's address takes 2^64 tries.
std::int64_t hash_of(std::string_view text) { return static_cast<std::int64_t>(siphash24(SipKey{}, text)); }

}  // namespace

PeerKey key_of(JidView peer) {
  PeerKey key{.bare = hash_of(peer.bare()), .resource = 0};
  if (!peer.is_bare()) key.resource = (hash_of(peer.resource()) & 0x7fff'ffff) | 1;
  return key;
}

}  // namespace vestnik::storage
