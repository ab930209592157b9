#pragma once
#include "proto/jid/jid.h"
#include "proto/stanza/stanza.h"
#include "shard/session/account.h"

/// Stanzas of one pair keep their order (RFC 6120 §10.1), also when one of them is delivered only after a
/// commit (RULES 3): what its sender sends afterwards waits behind it. The shard's thread.
namespace vestnik::peer_order {

/// From now on what the account gets from `peer` (bare) waits. Not nested: the peer's next change waits as
/// well.
void hold(Account& account, JidView peer);

/// True if the stanza has to wait: it has been taken, or refused because too much waits already.
bool keep(Account& account, Stanza& stanza);

/// Delivers what waits, until something of it makes the rest wait again.
void release(Account& account, JidView peer);

}  // namespace vestnik::peer_order
