#include "shard/presence/presence.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "proto/xep/priority.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/presence/contact.h"
#include "shard/presence/subscription.h"
#include "shard/routing/peer_order.h"
#include "shard/session/blocked.h"
#include "shard/shard.h"

namespace vestnik::presence {
namespace {

// The contacts of one direction of subscription, shared ones included and blocked ones left out, each once.
std::vector<Jid> contacts(Account& account, bool SubscriptionState::* direction) {
  std::vector<std::string_view> found;
  for (const auto& item : account.roster()) {
    if (state_of(item).*direction) found.push_back(item.contact);
  }
  const SharedContacts shared = account.shard().shared_groups().of(account);
  const auto both_ways = shared.jids();
  std::vector<std::string_view> all;
  std::ranges::set_union(found, both_ways, std::back_inserter(all));

  std::vector<Jid> jids;
  jids.reserve(all.size() + 1);
  for (const auto text : all) {
    const JidView jid = JidView::of_canonical(text);
    if (!is_blocked(account, jid)) jids.emplace_back(jid);
  }
  return jids;
}

void fan_out(Account& account, Stanza presence, std::vector<Jid> to) {
  if (to.empty()) return;
  Shard& shard = account.shard();
  shard.route_fanout(std::make_shared<const Stanza>(std::move(presence)), shard.recipients(std::move(to)));
}

void tell_hooks(Session& session, const Stanza& presence) {
  for (const auto& hook : session.account().shard().features().hooks().came_or_went) {
    hook.call(session, presence);
  }
}

// To the subscribers and to the account itself, whose available resources see each other and themselves
// (§4.2.2).
void tell_subscribers(Account& account, Stanza presence) {
  std::vector<Jid> to = subscribers(account);
  to.push_back(account.jid());
  fan_out(account, std::move(presence), std::move(to));
}

// §4.3.1: a probe comes from the bare address. Within this server it names the resource, so that the answers
// need not go to the others, which have them.
void probe_contacts(Session& session) {
  Account& account = session.account();
  std::vector<Jid> here, elsewhere;
  for (Jid& jid : publishers(account)) {
    (account.shard().is_local(jid.domain()) ? here : elsewhere).push_back(std::move(jid));
  }
  const auto probe = [](JidView from) {
    return Stanza::make({.kind = StanzaKind::presence, .type = StanzaType::probe, .from = from}, "");
  };
  fan_out(account, probe(session.jid()), std::move(here));
  fan_out(account, probe(account.jid()), std::move(elsewhere));
}

// None: there is one and it is malformed.
std::optional<int> priority_of(Shard& shard, const Stanza& presence) {
  if (presence.payload().empty()) return 0;
  const DocumentLease tree(shard, presence.wire());
  const xml::Element priority = tree.root().child("priority", ns::kClient);
  return priority ? parse_priority(priority.text()) : 0;
}

// §4.2: what a resource is told that has just become available, besides what its probes will bring.
void greet(Session& session) {
  for (const auto& other : session.account().sessions()) {
    if (other.get() == &session || !other->available()) continue;
    session.send(other->presence()->readdressed(other->jid(), session.account().jid()));
  }
  probe_contacts(session);
  subscription::deliver_pending(session);
}

// §4.6.3: those who got directed presence and will not hear the broadcast, if there is one.
void leave_directed(Session& session, const Stanza& unavailable, bool is_broadcast) {
  Account& account = session.account();
  for (const Jid& jid : std::exchange(session.directed_presence(), {})) {
    if (is_blocked(account, jid) || (is_broadcast && may_see(account, jid))) continue;
    account.shard().route(unavailable.readdressed(session.jid(), jid));
  }
}

void leave(Session& session, Stanza unavailable) {
  const bool is_broadcast = session.available();
  session.set_unavailable();
  leave_directed(session, unavailable, is_broadcast);
  if (!is_broadcast) return;
  tell_hooks(session, unavailable);
  tell_subscribers(session.account(), std::move(unavailable));
}

Stanza make_unavailable(const Session& session, std::string_view status) {
  std::string payload;
  if (!status.empty()) xml::Writer(payload).leaf("status", status);
  return Stanza::make({.kind = StanzaKind::presence, .type = StanzaType::unavailable, .from = session.jid()},
                      payload);
}

// §4.6.6: who got directed presence from a resource may ask whether it is still there, and learns no more
// than that.
bool answer_directed(Account& account, const Stanza& probe, Session& session) {
  const auto& directed = session.directed_presence();
  if (!directed.contains(Jid(probe.from()))) return false;
  account.shard().route(Stanza::make({.kind = StanzaKind::presence,
                                      .type = StanzaType::available,
                                      .from = session.jid(),
                                      .to = probe.from()},
                                     ""));
  return true;
}

void answer_probe(Account& account, const Stanza& probe) {
  Shard& shard = account.shard();
  const bool subscribed = may_see(account, probe.from());
  const std::string_view resource = probe.to().resource();
  bool answered = subscribed;  // without a resource to tell of: by silence (RULES 5)
  for (const auto& session : account.sessions()) {
    if (!resource.empty() && session->jid().resource() != resource) continue;
    if (!subscribed) {
      answered |= answer_directed(account, probe, *session);
    } else if (session->available()) {
      shard.route(session->presence()->readdressed(session->jid(), probe.from()));
    }
  }
  if (!answered) refuse_probe(shard, probe);
}

}  // namespace

void broadcast(Session& session, Stanza presence) {
  Account& account = session.account();
  Shard& shard = account.shard();
  if (presence.type() == StanzaType::unavailable) {
    // §4.5.2: also to the resource itself, which the broadcast no longer reaches.
    if (session.available()) session.send(presence.readdressed(session.jid(), account.jid()));
    return leave(session, std::move(presence));
  }
  const auto priority = priority_of(shard, presence);
  if (!priority)
    return shard.bounce(presence, StanzaCondition::bad_request, "a priority is a number from -128 to 127");

  const bool initial = !session.available();
  const bool took_messages = session.takes_messages();
  session.set_available(presence.clone(), *priority);
  if (initial) tell_hooks(session, presence);
  tell_subscribers(account, std::move(presence));
  if (initial) greet(session);
  if (took_messages || !session.takes_messages()) return;
  for (const auto& hook : shard.features().hooks().session_available) hook.call(session);
}

void directed(Session& session, Stanza presence) {
  Account& account = session.account();
  Shard& shard = account.shard();
  auto& told = session.directed_presence();
  Jid to(presence.to());
  if (presence.type() == StanzaType::unavailable) {
    told.erase(to);
  } else if (!session.available() || !may_see(account, to)) {  // else it hears the broadcasts
    if (told.size() >= shard.config().limits.roster_items && !told.contains(to)) {
      return shard.bounce(presence, StanzaCondition::resource_constraint, "presence was sent to too many");
    }
    told.insert(std::move(to));
  }
  shard.route(std::move(presence));
}

void inbound(Account& account, Stanza presence) {
  if (is_blocked(account, presence.from())) return;
  if (presence.type() == StanzaType::probe) return answer_probe(account, presence);
  if (!presence.to().is_bare()) {
    // §8.5.3: a connected resource gets it whether it is available or not; nobody else does.
    if (Session* session = account.session(presence.to().resource())) session->send(presence);
    return;
  }
  for (const auto& session : account.sessions()) {
    if (session->available()) session->send(presence);
  }
}

void refuse_probe(Shard& shard, const Stanza& probe) {
  shard.route(Stanza::make({.kind = StanzaKind::presence,
                            .type = StanzaType::unsubscribed,
                            .from = probe.to().to_bare(),
                            .to = probe.from().to_bare()},
                           ""));
}

void inbound_shared(Account& account, const Stanza& presence) {
  if (!account.has_available_session()) return;
  Stanza own = presence.readdressed(presence.from(), account.jid());
  if (!peer_order::keep(account, own)) inbound(account, std::move(own));
}

void end(Session& session, std::string_view status) { leave(session, make_unavailable(session, status)); }

std::vector<Jid> subscribers(Account& account) { return contacts(account, &SubscriptionState::from); }
std::vector<Jid> publishers(Account& account) { return contacts(account, &SubscriptionState::to); }

bool may_see(Account& account, JidView peer) {
  if (peer.bare() == account.jid().full()) return true;
  const auto item = account.roster().find(peer.bare());
  if (item != account.roster().end() && state_of(*item).from) return true;
  return account.shard().shared_groups().contains(account, peer);
}

void show_to(Account& account, JidView contact) {
  if (is_blocked(account, contact)) return;
  for (const auto& session : account.sessions()) {
    if (session->available())
      account.shard().route(session->presence()->readdressed(session->jid(), contact));
  }
}

void hide_from(Account& account, JidView contact) {
  for (const auto& session : account.sessions()) {
    const Stanza unavailable = make_unavailable(*session, "");
    if (session->available()) account.shard().route(unavailable.readdressed(session->jid(), contact));
    std::erase_if(session->directed_presence(), [&](const Jid& told) {
      if (told.bare() != contact.bare()) return false;
      if (!session->available()) account.shard().route(unavailable.readdressed(session->jid(), told));
      return true;
    });
  }
}

void meet(Account& account, JidView contact) {
  if (!account.has_available_session() || is_blocked(account, contact)) return;
  show_to(account, contact);
  account.shard().route(Stanza::make(
      {.kind = StanzaKind::presence, .type = StanzaType::probe, .from = account.jid(), .to = contact}, ""));
}

}  // namespace vestnik::presence
