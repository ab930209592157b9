#pragma once
#include <string_view>

#include "proto/xep/subscription_state.h"
#include "shard/session/account.h"
#include "shard/session/session.h"

/// Subscriptions (RFC 6121 §3 and appendix A): roster and pending requests change here, by the state tables
/// of proto/xep/subscription_state.h, in memory at once; pushes and stanzas leave after the commit (RULES 3).
/// Subscriptions between members of a shared group, and of an account to itself, cannot be changed. Functions
/// of the owner shard's thread.
namespace vestnik::subscription {

/// A session sent subscribe, subscribed, unsubscribe or unsubscribed. Its input waits until the change is
/// committed, so that nothing it sends afterwards overtakes the stanza (RULES 1: a gate).
void outbound(Session& session, Stanza presence);

/// One of them has arrived for a local account.
void inbound(Account& account, Stanza presence);

/// Delivers the unanswered requests to a session that has become available (§3.1.3).
void deliver_pending(Session& session);

/// The account `owner` has removed a contact, or is being removed itself, and that is committed: sends what
/// ends both directions and denies a request (§2.5.2). `before` is the state the contact was in.
void cancel_both(Shard& shard, const Jid& owner, JidView contact, const SubscriptionState& before);

}  // namespace vestnik::subscription
