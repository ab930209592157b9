#pragma once
#include <vector>

#include "shard/session/account.h"
#include "shard/session/session.h"

namespace vestnik {
class Shard;
}

/// Presence (RFC 6121 §4). Functions of the owner shard's thread. Nobody whom the account has blocked is told
/// anything.
namespace vestnik::presence {

/// A session sent presence without `to`: initial, later or final presence (§4.2, §4.4, §4.5).
void broadcast(Session& session, Stanza presence);

/// A session sent available or unavailable presence to somebody (§4.6).
void directed(Session& session, Stanza presence);

/// Presence has arrived for a local account: available, unavailable, probe or error, `to` bare or full
/// (§4.3.2, §8.5). Subscription stanzas go to subscription::inbound() instead.
void inbound(Account& account, Stanza presence);

/// Answers a probe whose sender is not subscribed, or that is for nobody: its server believes in a
/// subscription that there is not, and so can end it (§4.3.2).
void refuse_probe(Shard& shard, const Stanza& probe);

/// Presence for several accounts of this shard (§4.2.2, §4.3): the same, without a stanza of its own for
/// each.
void inbound_shared(Account& account, const Stanza& presence);

/// The session is ending, however that came: tells everybody who believes it available (§4.5), each once.
/// `status` goes into the unavailable presence, e.g. "Disconnected"; empty for none.
void end(Session& session, std::string_view status);

/// Whether the peer's account is subscribed to this one, which always is to itself.
bool may_see(Account& account, JidView peer);

/// The contacts that may see the account's presence, and those whose presence it may see; shared ones
/// included, blocked ones left out, bare, each once.
std::vector<Jid> subscribers(Account& account);
std::vector<Jid> publishers(Account& account);

/// Sends a contact the presence of each available resource, because it may see it from now on (§3.1.5).
void show_to(Account& account, JidView contact);

/// Makes each available resource unavailable for a contact that may not see it any more (§3.2.2, §3.3.3).
/// Blocked or not: blocking itself makes unavailable.
void hide_from(Account& account, JidView contact);

/// Each is new to the other and may see it: sends presence and asks for the contact's, if the account is
/// available.
void meet(Account& account, JidView contact);

}  // namespace vestnik::presence
