#pragma once
#include "shard/session/account.h"
#include "shard/session/session.h"

/// Subscriptions (RFC 6121 §3 and appendix A): roster and pending requests change here, by the state tables of
/// proto/xep/subscription_state.h. Functions of the owner shard's thread.
namespace vestnik::subscription {

/// A session sent subscribe, subscribed, unsubscribe or unsubscribed; `from` is its bare JID (§3.1.2).
void outbound(Session& session, Stanza presence);

/// One of them has arrived for a local account.
void inbound(Account& account, Stanza presence);

/// Delivers the unanswered requests to a session that has become available (§3.1.3).
void deliver_pending(Session& session);

/// Removing a contact cancels both directions (§2.5.2): sends what has to be sent. The roster item is still there.
void cancel_both(Account& account, const storage::RosterItem& item);

}  // namespace vestnik::subscription
