#include "shard/pubsub/interests.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "proto/xml/ns.h"
#include "shard/presence/presence.h"
#include "shard/pubsub/account_nodes.h"
#include "shard/pubsub/last_items.h"
#include "shard/shard.h"

namespace vestnik::pubsub {
namespace {

SharedNames wanted_of(const CapabilitiesRef& capabilities) {
  return capabilities ? capabilities->wanted() : nullptr;
}

// The nodes that are wanted now and were not before; null: there are none.
SharedNames added(const SharedNames& before, const CapabilitiesRef& now) {
  if (now->wanted()->empty()) return nullptr;
  if (!before) return now->wanted();
  std::vector<std::string> names;
  std::ranges::set_difference(*now->wanted(), *before, std::back_inserter(names));
  return names.empty() ? nullptr : std::make_shared<const std::vector<std::string>>(std::move(names));
}

}  // namespace

Interests::Interests(Shard& shard)
    : shard_(shard),
      table_(shard, [this](const Claimant& claimant,
                           const CapabilitiesRef& capabilities) { verified(claimant, capabilities); }),
      reader_(shard) {}

std::optional<CapsClaim> Interests::claim_of(const Stanza& presence) {
  // Most of the presence there is has them, but not the pings of it that clients send for their own reasons.
  if (!presence.payload().contains(ns::kCaps)) return std::nullopt;
  const DocumentLease tree(shard_, presence.wire());
  return read_caps(tree.root());
}

void Interests::note(Session& session, const Stanza& presence) {
  const bool available = presence.type() == StanzaType::available;
  const auto claim = available ? claim_of(presence) : std::nullopt;
  if (!claim) return session.set_capabilities(nullptr);
  const CapabilitiesRef before = session.capabilities();
  const CapabilitiesRef now = table_.claim(*claim, {.account = session.account().jid(),
                                                    .jid = session.jid(),
                                                    .node = claim->info_node(),
                                                    .had = wanted_of(before)});
  if (now == before) return;
  session.set_capabilities(now);
  if (!now->verified()) return;
  if (const SharedNames nodes = added(wanted_of(before), now)) ask_for_last_items(session, nodes);
}

bool Interests::note(Account& account, const Stanza& stanza) {
  if (stanza.is_iq()) return !stanza.is_request() && table_.answer(stanza);
  const bool counts = stanza.type() == StanzaType::available || stanza.type() == StanzaType::unavailable;
  if (stanza.is_presence() && counts && !shard_.is_local(stanza.from().domain())) note_peer(account, stanza);
  return false;
}

void Interests::note_peer(Account& account, const Stanza& presence) {
  const JidView from = presence.from();
  const bool available = presence.type() == StanzaType::available;
  const auto claim = available && presence::may_see(account, from) ? claim_of(presence) : std::nullopt;
  if (!claim && account.known_nodes() == nullptr) return;
  auto& peers = account.nodes().peers;
  const auto known = peers.find(from.full());
  if (!claim) {
    if (known != peers.end()) peers.erase(known);
    return;
  }
  if (known == peers.end() && peers.size() >= shard_.config().limits.roster_items) return;
  const CapabilitiesRef before = known == peers.end() ? nullptr : known->second;
  const Jid resource(from);
  const CapabilitiesRef now = table_.claim(
      *claim,
      {.account = account.jid(), .jid = resource, .node = claim->info_node(), .had = wanted_of(before)});
  if (now == before) return;
  peers.insert_or_assign(resource.full(), now);
  if (!now->verified()) return;
  if (const SharedNames nodes = added(wanted_of(before), now)) show_last_items(account, resource, nodes);
}

void Interests::bounced(Account& account, const Stanza& error) {
  if (account.known_nodes() == nullptr) return;
  auto& peers = account.nodes().peers;
  const auto peer = peers.find(error.from().full());
  if (peer == peers.end()) return;
  const DocumentLease tree(shard_, error.wire());
  const bool passes = tree.root().child("error", ns::kClient).attr_or_empty("type") == "wait";
  if (!passes) peers.erase(peer);
}

void Interests::verified(const Claimant& claimant, const CapabilitiesRef& capabilities) {
  Account* account = shard_.accounts().loaded(claimant.account.full());
  const SharedNames nodes = added(claimant.had, capabilities);
  if (account == nullptr || !nodes) return;
  if (claimant.jid.bare() == claimant.account.full()) {
    Session* session = account->session(claimant.jid.resource());
    if (session != nullptr && session->capabilities() == capabilities) ask_for_last_items(*session, nodes);
    return;
  }
  const auto& peers = account->nodes().peers;
  const auto peer = peers.find(claimant.jid.full());
  if (peer != peers.end() && peer->second == capabilities) show_last_items(*account, claimant.jid, nodes);
}

void Interests::contact_seen(Account& account, JidView contact) {
  for (const auto& session : account.sessions()) {
    const auto& capabilities = session->capabilities();
    if (capabilities != nullptr && capabilities->verified() && !capabilities->wanted()->empty())
      ask_for_last_items(*session, capabilities->wanted(), contact);
  }
}

}  // namespace vestnik::pubsub
