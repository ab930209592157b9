#pragma once
#include "shard/message.h"
#include "shard/shard.h"

/// Hop 7: what happens to a stanza at the shard that owns its addressee (RFC 6121 §8.5). The shard's thread;
/// nothing here suspends or delivers a second stanza: what is generated is routed.
namespace vestnik::delivery {

/// A stanza for one of our hosts itself (`to` has no localpart): RFC 6121 §8.3, RFC 6120 §10.5.3.1.
void to_host(Shard& shard, Stanza stanza);

/// A stanza for a local account that is loaded.
void to_account(Account& account, Stanza stanza);

/// A message of type chat or normal that was delivered to a session of the account which is gone now: as for
/// a resource that is not there, without the inbound hooks, which it has been through.
void again(Account& account, Stanza message);

/// A stanza for a local name that is no account (§8.5.1).
void to_nobody(Shard& shard, Stanza stanza);

/// Dispatches an iq get or set to the handler of its payload; `account` is null when the host is asked.
void handle_iq(Shard& shard, Account* account, Session* session, Stanza iq);

}  // namespace vestnik::delivery
