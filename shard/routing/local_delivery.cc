#include "shard/routing/local_delivery.h"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <utility>

#include "proto/xml/ns.h"
#include "shard/component/privileges.h"
#include "shard/presence/presence.h"
#include "shard/presence/subscription.h"
#include "shard/routing/message_kind.h"
#include "shard/routing/peer_order.h"
#include "shard/stream_management/live_copy.h"

namespace vestnik::delivery {
namespace {

using Sessions = boost::container::small_vector<Session*, 4>;

Sessions takers_of_messages(const Account& account) {
  Sessions takers;
  for (const auto& session : account.sessions()) {
    if (session->takes_messages()) takers.push_back(session.get());
  }
  return takers;
}

void accept(Account& account, Stanza& message, const Reach& reach) {
  for (const auto& hook : account.shard().features().hooks().accepted) hook.call(account, message, reach);
}

// True if the features (offline) keep a message of type chat or normal that no session can take; else it has
// been refused.
bool keep(Account& account, Stanza& message) {
  Shard& shard = account.shard();
  const bool kept = FeatureSet::run(shard.features().hooks().undeliverable, account, message);
  if (!kept) shard.bounce(message, StanzaCondition::service_unavailable);
  return kept;
}

// §8.5.2.1.1: chat and normal go to all resources that take messages.
void to_all_that_take_messages(Account& account, Stanza message) {
  const Sessions takers = takers_of_messages(account);
  if (takers.empty()) {
    if (keep(account, message)) accept(account, message, {});
    return;
  }
  accept(account, message, {.all = true});
  deliver_to(account, takers, std::move(message));
}

void message_to_bare(Account& account, Stanza message) {
  switch (message.type()) {
    case StanzaType::chat:
    case StanzaType::normal: return to_all_that_take_messages(account, std::move(message));
    case StanzaType::headline:
      if (const Sessions takers = takers_of_messages(account); !takers.empty())
        deliver_to(account, takers, std::move(message));
      return;
    case StanzaType::groupchat: return account.shard().bounce(message, StanzaCondition::service_unavailable);
    default: return;  // errors to a bare JID are ignored
  }
}

// §8.5.3: a connected resource gets it whatever its presence; otherwise chat is treated as if it were for the
// account.
void message_to_full(Account& account, Stanza message) {
  const StanzaType type = message.type();
  if (Session* session = account.session(message.to().resource())) {
    accept(account, message, {.only = session});
    return deliver_to(account, {&session, 1}, std::move(message));
  }
  switch (type) {
    case StanzaType::chat: return message_to_bare(account, std::move(message));
    case StanzaType::normal:
    case StanzaType::groupchat: return account.shard().bounce(message, StanzaCondition::service_unavailable);
    default: return;
  }
}

void deliver_presence(Account& account, Stanza presence) {
  if (is_subscription(presence.type())) {
    subscription::inbound(account, std::move(presence));
  } else {
    presence::inbound(account, std::move(presence));
  }
}

Scope scope_of(Account* account, const Session* session, JidView asker) {
  if (account == nullptr) return Scope::host;
  // Without a session: in its owner's name (XEP-0356 §6).
  if (session != nullptr || asker == account->jid().view()) return Scope::own_account;
  return presence::may_see(*account, asker) ? Scope::contact : Scope::stranger;
}

void iq_to_account(Account& account, Stanza iq) {
  Shard& shard = account.shard();
  const JidView to = iq.to();
  if (to.is_bare() || to.empty()) {
    if (!iq.is_request()) return shard.questions().settle(iq);  // answers to our own pushes end here
    const bool own = iq.from().bare() == account.jid().full();
    Session* session = own ? account.session(iq.from().resource()) : nullptr;
    return handle_iq(shard, &account, session, std::move(iq));
  }
  if (Session* session = account.session(to.resource())) return session->send(std::move(iq));
  shard.bounce(iq, StanzaCondition::service_unavailable);
}

// True for a message that a feature would keep if its addressee were an account that is away.
bool would_be_kept(const Shard& shard, const Stanza& stanza) {
  if (!stanza.is_message()) return false;
  const bool deliverable =
      stanza.type() == StanzaType::chat || (stanza.type() == StanzaType::normal && stanza.to().is_bare());
  const auto& keepers = shard.features().hooks().would_keep;
  return deliverable &&
         std::any_of(keepers.begin(), keepers.end(), [&](const auto& hook) { return hook.call(stanza); });
}

// What only an account's owner may ask of it.
bool asks_for_private_matters(Shard& shard, const Stanza& iq) {
  const DocumentLease tree(shard, iq.wire());
  const xml::Element payload = tree.root().first_child();
  const bool archive = payload.ns() == ns::kArchive &&
                       shard.features().find(payload.name(), payload.ns(), Scope::stranger, iq.type());
  return archive || payload.is("query", ns::kRoster) || payload.is("privileged_iq", privileges::kNs);
}

// It comes to a shard of its sender's, which need not be the one that asked.
void answer_to_host(Shard& shard, Stanza answer) {
  const auto asker = Questions::asker(answer.id());
  if (asker == shard.id()) return shard.questions().settle(answer);
  if (asker && *asker < shard.services().map.shards()) shard.pass_to(*asker, std::move(answer));
}

}  // namespace

void handle_iq(Shard& shard, Account* account, Session* session, Stanza iq) {
  const JidView asked = account != nullptr ? account->jid().view() : iq.to();
  const HostConfig* host = shard.config().host(asked.domain());
  const Scope scope = scope_of(account, session, iq.from());
  const DocumentLease tree(shard, iq.wire());
  const xml::Element payload = tree.root().first_child();
  if (host == nullptr || !payload || payload.next()) return shard.bounce(iq, StanzaCondition::bad_request);
  for (const auto& hook : shard.features().hooks().request) {
    if (hook.call(account, *host, iq, payload) == Verdict::handled) return;
  }
  const IqHandler* handler = shard.features().find(payload.name(), payload.ns(), scope, iq.type());
  if (handler == nullptr) return shard.bounce(iq, StanzaCondition::service_unavailable);
  IqRequest request(shard, *host, account, session, std::move(iq), payload);
  handler->handle(request);
  if (!request.answered()) request.error(StanzaCondition::internal_server_error);
}

void to_host(Shard& shard, Stanza stanza) {
  if (stanza.is_iq() && stanza.is_request() && stanza.to().is_bare()) {
    return handle_iq(shard, nullptr, nullptr, std::move(stanza));
  }
  if (stanza.is_iq() && !stanza.is_request()) return answer_to_host(shard, std::move(stanza));
  // A host has no presence and reads no messages.
  if (!stanza.is_presence()) shard.bounce(stanza, StanzaCondition::service_unavailable);
}

void to_account(Account& account, Stanza stanza) {
  if (peer_order::keep(account, stanza)) return;
  Shard& shard = account.shard();
  if (FeatureSet::run(shard.features().hooks().inbound, account, stanza)) return;
  switch (stanza.kind()) {
    case StanzaKind::presence: return deliver_presence(account, std::move(stanza));
    case StanzaKind::iq: return iq_to_account(account, std::move(stanza));
    case StanzaKind::message:
      return stanza.to().is_bare() ? message_to_bare(account, std::move(stanza))
                                   : message_to_full(account, std::move(stanza));
  }
}

void again(Account& account, Stanza message) {
  // Behind those that wait in the store, which are on their way if somebody takes messages.
  const bool others_wait = account.offline().messages > account.held_rows().size();
  const Sessions takers = others_wait ? Sessions{} : takers_of_messages(account);
  if (!takers.empty()) return deliver_to(account, takers, std::move(message));
  static_cast<void>(keep(account, message));
}

void to_nobody(Shard& shard, Stanza stanza) {
  // The same answers as for an account without a session, so that a stranger cannot tell them apart (RFC 6121
  // §13.11): what would be kept there vanishes, a roster (§2.3.3) or an archive (XEP-0313 §8.1) is
  // forbidden, all else is refused.
  if (stanza.type() == StanzaType::probe) return presence::refuse_probe(shard, stanza);
  if (stanza.is_presence() || stanza.type() == StanzaType::headline || would_be_kept(shard, stanza)) return;
  const bool forbidden = stanza.is_iq() && stanza.is_request() && asks_for_private_matters(shard, stanza);
  shard.bounce(stanza, forbidden ? StanzaCondition::forbidden : StanzaCondition::service_unavailable);
}

}  // namespace vestnik::delivery
