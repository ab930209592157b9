#include "shard/session/blocked.h"

#include <string>

namespace vestnik {

bool is_blocked(const Account& account, JidView peer) {
  const auto& blocked = account.blocked();
  if (blocked.empty() || peer.bare() == account.jid().full()) return false;
  if (blocked.contains(peer.full()) || blocked.contains(peer.bare()) || blocked.contains(peer.domain()))
    return true;
  return !peer.is_bare() && blocked.contains(std::string(peer.domain()).append("/").append(peer.resource()));
}

}  // namespace vestnik
