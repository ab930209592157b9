#include "shard/session/footprint.h"

#include <string>

#include "shard/pubsub/account_nodes.h"
#include "shard/session/account.h"

namespace vestnik {
namespace {

// The three words behind a node of a std::map or std::set, and its colour.
constexpr std::size_t kNode = 4 * sizeof(void*);

std::size_t heap(const std::string& text) {
  static const std::size_t kInside = std::string().capacity();
  return text.capacity() > kInside ? text.capacity() + 1 : 0;
}

std::size_t roster(const RosterItems& items) {
  std::size_t bytes = items.capacity() * sizeof(storage::RosterItem);
  for (const auto& item : items) {
    bytes += heap(item.contact) + heap(item.name) + item.groups.capacity() * sizeof(std::string);
    for (const std::string& group : item.groups) bytes += heap(group);
  }
  return bytes;
}

std::size_t account_itself(Account& account) {
  std::size_t bytes = sizeof(Account) + heap(account.jid().full()) + heap(account.record().jid);
  for (const auto kind : {HashKind::sha1, HashKind::sha256}) {
    const auto& keys = account.record().credentials.keys(kind);
    if (keys) bytes += heap(keys->salt) + heap(keys->stored_key) + heap(keys->server_key);
  }
  bytes += roster(account.roster());
  for (const auto& [jid, stanza] : account.pending_in())
    bytes += kNode + 2 * sizeof(std::string) + heap(jid) + heap(stanza);
  if (const pubsub::AccountNodes* nodes = account.known_nodes()) {
    bytes += sizeof(pubsub::AccountNodes) + nodes->last_items.bytes();
    for (const auto& [jid, capabilities] : nodes->peers)
      bytes += kNode + sizeof(std::string) + sizeof(capabilities) + heap(jid);
  }
  for (const auto& jid : account.blocked()) bytes += kNode + sizeof(std::string) + heap(jid);
  return bytes;
}

std::size_t session_itself(Session& session) {
  std::size_t bytes = sizeof(Session) + heap(session.jid().full()) + session.link().memory();
  if (session.presence() != nullptr) bytes += session.presence()->cost() - sizeof(Stanza);
  for (const Jid& jid : session.directed_presence()) bytes += kNode + sizeof(Jid) + heap(jid.full());
  if (session.is_managed()) bytes += sizeof(ManagedStream);
  return bytes;
}

std::size_t queues_of(Session& session) {
  return session.link().queued_bytes() + (session.is_managed() ? session.stream()->outgoing().bytes() : 0);
}

}  // namespace

void Footprint::add(Account& account) {
  accounts += account_itself(account);
  for (const auto& session : account.sessions()) {
    sessions += session_itself(*session);
    queues += queues_of(*session);
  }
  for (const auto& [jid, held] : account.held()) queues += held.bytes;
}

}  // namespace vestnik
