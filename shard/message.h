#pragma once
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "proto/jid/jid.h"
#include "proto/stanza/stanza.h"
#include "shard/receipts/receipt.h"

namespace vestnik {

/// A stanza for the entity that `stanza.to()` names.
struct Deliver {
  Stanza stanza;
  ReceiptToken receipt = {};  ///< a part of the client's stanza that caused it
};

/// One presence stanza (available, unavailable or probe) for many accounts of one shard. Each gets it with
/// its own address as `to`; `presence` itself has none.
struct PresenceFanout {
  std::shared_ptr<const Stanza> presence;
  std::vector<Jid> contacts;
};

/// Shares of clients' stanzas on their way back to the sessions that wait for them.
struct ReceiptsSettled {
  std::vector<ReceiptToken> tokens;
};

/// All that can be addressed to an entity, as plain values (RULES 6): no closure, pointer into a shard, view
/// or descriptor, so that a link to another node will be a codec and nothing more. What concerns threads (a
/// connection's move, stop, reload) travels as functions by Reactor::post() and never leaves the process.
using EntityMessage = std::variant<Deliver, PresenceFanout, ReceiptsSettled>;

/// Bytes the message costs a queue. A shared payload counts in full with each message that holds it.
inline std::size_t cost(const EntityMessage& message) {
  if (const auto* deliver = std::get_if<Deliver>(&message)) return deliver->stanza.cost();
  if (const auto* settled = std::get_if<ReceiptsSettled>(&message))
    return settled->tokens.size() * sizeof(ReceiptToken);
  const auto& fanout = std::get<PresenceFanout>(message);
  return fanout.presence->cost() + fanout.contacts.size() * 64;
}

}  // namespace vestnik
