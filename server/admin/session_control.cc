#include "server/admin/session_control.h"

#include <vector>

namespace vestnik::admin {

std::size_t end_sessions(Shard& shard, std::string_view bare, std::string_view resource,
                         const StreamError& error) {
  const Account* account = shard.accounts().loaded(bare);
  if (account == nullptr) return 0;
  std::vector<ClientLink*> links;  // closing a link takes its session out of the account
  for (const auto& session : account->sessions()) {
    if (resource.empty() || session->jid().resource() == resource) links.push_back(&session->link());
  }
  for (ClientLink* link : links) link->close(error);
  return links.size();
}

}  // namespace vestnik::admin
