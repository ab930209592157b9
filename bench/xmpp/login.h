#pragma once
#include <span>

#include "bench/xmpp/client.h"
#include "bench/xmpp/task.h"

namespace vestnik::bench {

/// Connects, secures, authenticates and binds; then stream management if wanted, roster and presence (RFC
/// 6121 §2.2, §4.2). The server answers in order, so when the roster is there the presence has been taken
/// too.
Task<> log_in(Client& client);

/// From a new connection to the session that was left on a broken one (XEP-0198 §5), which must be there yet.
Task<> resume_session(Client& client);

/// Ends the stream in both directions.
Task<> log_out(Client& client);

/// XEP-0077: makes the account over a connection of its own. An account that exists already is fine.
Task<> register_account(Client& client);

/// Joins the pair of this client's number at a vestnik-relay; done when the other side of the pair is there
/// too.
Task<> join_relay(Client& client);

/// The mechanisms that `Target::mechanism` may name, in order of preference. Those with channel binding are
/// taken only when named.
std::span<const Mechanism> known_mechanisms();

}  // namespace vestnik::bench
