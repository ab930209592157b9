#include "shard/presence/subscription.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "shard/presence/contact.h"
#include "shard/presence/presence.h"
#include "shard/routing/peer_order.h"
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
void grant(Shard& shard, JidView owner, Account* account, JidView contact) {
  shard.route(make(StanzaType::subscribed, owner, contact));
  if (account != nullptr) presence::show_to(*account, contact);
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

// One stanza and what it does to the state of a contact.
struct Transition {
  SubscriptionState before;
  SubscriptionStep step;
  Stanza stanza;  ///< between bare addresses

  bool changes() const { return step.state != before; }
  bool shows_contact() const { return !before.to && step.state.to; }
  bool lets_in() const { return !before.from && step.state.from; }
  bool shuts_out() const { return before.from && !step.state.from; }
};

// The contact gets the last presence while it still may see it (§3.2.2), and presence after it was let in
// (§3.1.5).
void sent(Shard& shard, Account* account, Transition& change) {
  const Jid contact(change.stanza.to());
  if (account != nullptr && change.shuts_out()) presence::hide_from(*account, contact);
  if (change.step.forward) shard.route(std::move(change.stanza));
  if (account != nullptr && change.lets_in()) presence::show_to(*account, contact);
}

void received(Shard& shard, Account* account, const Transition& change,
              const std::vector<SessionRef>& asked) {
  const JidView contact = change.stanza.from();
  if (change.step.grant) grant(shard, change.stanza.to(), account, contact);
  if (account != nullptr && change.shows_contact()) {
    for (const auto& hook : shard.features().hooks().contact_seen) hook.call(*account, contact);
  }
  if (account != nullptr && change.step.forward) deliver(*account, change.stanza, asked);
  if (account != nullptr && change.shuts_out()) presence::hide_from(*account, contact);
}

// After the push that follows a change: what the contact has sent since.
void release_later(Shard& shard, const Stanza& stanza) {
  shard.reactor().post([&shard, owner = Jid(stanza.to()), contact = Jid(stanza.from())] {
    if (Account* account = shard.accounts().loaded(owner.full())) peer_order::release(*account, contact);
  });
}

}  // namespace

void outbound(Session& session, Stanza presence) {
  Account& account = session.account();
  Shard& shard = account.shard();
  const Jid contact(presence.to().to_bare());
  if (cannot_change(account, contact)) return;

  const Contact known = find_contact(account, contact.full());
  const SubscriptionState before = state_of(known);
  Transition change{before, send_event(before, event_of(presence.type())),
                    presence.readdressed(account.jid(), contact)};
  if (!change.changes()) return sent(shard, &account, change);
  Contact next = with_state(known, contact.full(), change.step.state);
  if (next.item && !known.item && account.roster().size() >= shard.config().limits.roster_items) {
    return shard.bounce(presence, StanzaCondition::resource_constraint, "the roster is full");
  }
  session.pause_input();
  change_contact(account, contact.full(), std::move(next),
                 [&shard, sender = SessionRef(session), change = std::move(change)](
                     Account* owner, Result<void, storage::Error> result) mutable {
                   if (result) {
                     sent(shard, owner, change);
                   } else {
                     shard.bounce(change.stanza, Shard::condition_of(result.error()));
                   }
                   if (Session* waiting = sender.find(owner)) waiting->resume_input();
                 });
}

void inbound(Account& account, Stanza presence) {
  Shard& shard = account.shard();
  const Jid contact(presence.from().to_bare());
  if (cannot_change(account, contact)) {
    const bool asked = presence.type() == StanzaType::subscribe && contact != account.jid();
    if (asked) grant(shard, account.jid(), &account, contact);
    return;
  }
  const Contact known = find_contact(account, contact.full());
  const SubscriptionState before = state_of(known);
  Transition change{before, receive_event(before, event_of(presence.type())),
                    presence.readdressed(contact, account.jid())};
  if (!change.changes()) return received(shard, &account, change, {});
  Contact next = with_state(known, contact.full(), change.step.state, kept_form(change.stanza));
  const bool adds_request = next.request && !known.request;
  if (adds_request && account.pending_in().size() >= shard.config().limits.roster_items) return;

  peer_order::hold(account, contact);
  change_contact(account, contact.full(), std::move(next),
                 [&shard, asked = available_sessions(account), change = std::move(change)](
                     Account* owner, Result<void, storage::Error> result) {
                   if (result) {
                     received(shard, owner, change, asked);
                   } else {
                     shard.bounce(change.stanza, Shard::condition_of(result.error()));
                   }
                   release_later(shard, change.stanza);
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
