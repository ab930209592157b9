#pragma once
#include "shard/message.h"
#include "shard/session/account.h"

/// Last items (XEP-0163 §4.3.4): what a resource that has just become available is sent of the nodes that it
/// wants to hear of. The shard's thread.
namespace vestnik::pubsub {

/// A session wants the last items of its contacts' nodes and of its account's; those of other servers see to
/// it themselves.
void ask_for_last_items(Session& session, const SharedNames& nodes);
/// The same of one contact.
void ask_for_last_items(Session& session, const SharedNames& nodes, JidView contact);

/// Such a question has come.
void show_last_items(Shard& shard, const LastItemsWanted& wanted);
/// What `resource` (full) may see of an account's.
void show_last_items(Account& account, const Jid& resource, const SharedNames& nodes);
/// The same for a resource that wants them since then: what was published later it has been told.
void show_last_items(Account& account, const Jid& resource, const SharedNames& nodes,
                     storage::UnixMillis since);

}  // namespace vestnik::pubsub
