#pragma once
#include "shard/session/account.h"
#include "shard/session/session.h"

/// Presence (RFC 6121 §4). Functions of the owner shard's thread.
namespace vestnik::presence {

/// A session sent presence without `to`: initial, later or final presence (§4.2, §4.4, §4.5).
void broadcast(Session& session, Stanza presence);

/// A session sent available or unavailable presence to somebody (§4.6).
void directed(Session& session, Stanza presence);

/// Presence has arrived for a local account: available, unavailable, probe or error, `to` bare or full (§4.3.2, §8.5).
/// Subscription stanzas go to subscription::inbound() instead.
void inbound(Account& account, Stanza presence);

/// Presence for several accounts of this shard (§4.2.2, §4.3): the same, without a stanza of its own for each.
void inbound_shared(Account& account, const Stanza& presence);

/// The session is ending, however that came: tells everybody who believes it available (§4.5), each once. `status` goes into
/// the unavailable presence, e.g. "Disconnected"; empty for none.
void end(Session& session, std::string_view status);

}  // namespace vestnik::presence
