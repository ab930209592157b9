#include "shard/presence/subscription.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "shard/presence/contact.h"
#include "shard/presence/presence.h"
#include "shard/session/blocked.h"
#include "shard/shard.h"

namespace vestnik::subscription {
namespace {

// A request with more than this is kept without its content: it is delivered at each login, and a thousand
// may wait.
constexpr std::size_t kMaxKeptRequest = 8'192;

SubscriptionEvent event_of(StanzaType type) {
  switch (type) {
    case StanzaType::subscribe: return SubscriptionEvent::subscribe;
    case StanzaType::subscribed: return SubscriptionEvent::subscribed;
    case StanzaType::unsubscribe: return SubscriptionEvent::unsubscribe;
    default: return SubscriptionEvent::unsubscribed;
  }
}

bool cannot_change(Account& account, JidView contact) {
  return contact == account.jid().view() || account.shard().shared_groups().contains(account, contact);
}

Stanza make(StanzaType type, JidView from, JidView to) {
  return Stanza::make({.kind = StanzaKind::presence, .type = type, .from = from, .to = to}, "");
}

std::string kept_form(const Stanza& request) {
  if (request.wire().size() <= kMaxKeptRequest) return std::string(request.wire());
  return std::string(Stanza::make(request.head(), "").wire());
}

// A session by its address and number, over a suspension.
struct SessionRef {
  Jid jid;
  std::uint64_t id;

  explicit SessionRef(const Session& session) : jid(session.jid()), id(session.id()) {}
  Session* find(Account* account) const {
    Session* session = account == nullptr ? nullptr : account->session(jid.resource());
    return session != nullptr && session->id() == id ? session : nullptr;
  }
};

// Answers `subscribed` in the account's name. That presence follows is not said for this case, but it helps a
// contact whose server has lost what it knew.
void grant(Shard& shard, const Jid& owner, Account* account, JidView contact) {
  shard.route(make(StanzaType::subscribed, owner, contact));
  if (account != nullptr) presence::show_to(*account, contact);
}

// What the contact learns of a change the account has made: its last presence before it loses sight of it
// (§3.2.2), its presence after it was let in (§3.1.5).
void route_committed(Shard& shard, Account* account, const SubscriptionState& before,
                     const SubscriptionState& after, bool forward, Stanza stanza) {
  const Jid contact(stanza.to());
  if (account != nullptr && before.from && !after.from) presence::hide_from(*account, contact);
  if (forward) shard.route(std::move(stanza));
  if (account != nullptr && !before.from && after.from) presence::show_to(*account, contact);
}

// A request goes to those who were available when it came (the others got it when they became available), the
// rest to those who have the roster (§3.1.3, §3.1.6, §3.2.3, §3.3.3).
void deliver(Account& account, const Stanza& stanza, const std::vector<SessionRef>& asked) {
  if (stanza.type() == StanzaType::subscribe) {
    for (const auto& ref : asked) {
      Session* session = ref.find(&account);
      if (session != nullptr && session->available()) session->send(stanza);
    }
    return;
  }
  for (const auto& session : account.sessions()) {
    if (session->wants_roster()) session->send(stanza);
  }
}

std::vector<SessionRef> available_sessions(const Account& account) {
  std::vector<SessionRef> refs;
  for (const auto& session : account.sessions()) {
    if (session->available()) refs.emplace_back(*session);
  }
  return refs;
}

}  // namespace

void outbound(Session& session, Stanza presence) {
  Account& account = session.account();
  Shard& shard = account.shard();
  const JidView contact = presence.to().to_bare();
  if (cannot_change(account, contact)) return;

  const Contact known = find_contact(account, contact.full());
  const SubscriptionState before = state_of(known);
  const auto [after, forward, _] = send_event(before, event_of(presence.type()));
  Stanza stanza = presence.readdressed(account.jid(), contact);
  if (after == before) {
    if (forward) shard.route(std::move(stanza));
    return;
  }
  Contact next = with_state(known, contact.full(), after);
  if (next.item && !known.item && account.roster().size() >= shard.config().limits.roster_items) {
    return shard.bounce(presence, StanzaCondition::resource_constraint, "the roster is full");
  }
  session.link().pause_input();
  change_contact(account, contact.full(), std::move(next),
                 [&shard, sender = SessionRef(session), stanza = std::move(stanza), before, after, forward](
                     Account* owner, Result<void, storage::Error> result) mutable {
                   if (Session* waiting = sender.find(owner)) waiting->link().resume_input();
                   if (!result) return shard.bounce(stanza, Shard::condition_of(result.error()));
                   route_committed(shard, owner, before, after, forward, std::move(stanza));
                 });
}

void inbound(Account& account, Stanza presence) {
  Shard& shard = account.shard();
  const Jid contact(presence.from().to_bare());
  const SubscriptionEvent event = event_of(presence.type());
  if (cannot_change(account, contact)) {
    if (event == SubscriptionEvent::subscribe && contact != account.jid())
      grant(shard, account.jid(), &account, contact);
    return;
  }
  const Contact known = find_contact(account, contact.full());
  const SubscriptionState before = state_of(known);
  const auto [after, forward, granted] = receive_event(before, event);
  if (after == before) {
    if (granted) grant(shard, account.jid(), &account, contact);
    return;
  }
  if (after.pending_in && !before.pending_in &&
      account.pending_in().size() >= shard.config().limits.roster_items)
    return;

  Stanza stanza = presence.readdressed(contact, account.jid());
  Contact next = with_state(known, contact.full(), after, kept_form(stanza));
  change_contact(account, contact.full(), std::move(next),
                 [&shard, asked = available_sessions(account), stanza = std::move(stanza), before, after,
                  forward, granted](Account* owner, Result<void, storage::Error> result) {
                   if (!result) return shard.bounce(stanza, Shard::condition_of(result.error()));
                   if (granted) grant(shard, Jid(stanza.to()), owner, stanza.from());
                   if (owner == nullptr) return;
                   if (forward) deliver(*owner, stanza, asked);
                   if (before.from && !after.from) presence::hide_from(*owner, stanza.from());
                 });
}

void deliver_pending(Session& session) {
  for (const auto& [contact, request] : session.account().pending_in()) {
    if (is_blocked(session.account(), JidView::of_canonical(contact))) continue;
    if (const auto stanza = Stanza::from_stored(request)) session.send(*stanza);
  }
}

void cancel_both(Shard& shard, const Jid& owner, JidView contact, const SubscriptionState& before) {
  if (before.to || before.pending_out) shard.route(make(StanzaType::unsubscribe, owner, contact));
  if (!before.from && !before.pending_in) return;
  Account* account = shard.accounts().loaded(owner.full());
  if (account != nullptr && before.from) presence::hide_from(*account, contact);
  shard.route(make(StanzaType::unsubscribed, owner, contact));
}

}  // namespace vestnik::subscription
