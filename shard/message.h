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

/// Addresses that are shared between shards and never change.
using SharedAddresses = std::shared_ptr<const std::vector<Jid>>;

/// One stanza for many entities of one shard. Each gets it with its own address as `to`; `stanza` itself has
/// none. To bare addresses goes presence only.
struct Fanout {
  std::shared_ptr<const Stanza> stanza;
  SharedAddresses recipients;
  std::vector<Jid> except = {};  ///< recipients that do not get it; a few
};

/// A room, or whatever else a service has, is to be listed by its domain's entity from now on, or no more.
struct ServiceListing {
  Jid address;
  std::string name;
  bool listed = true;
};

/// Shares of clients' stanzas on their way back to the sessions that wait for them.
struct ReceiptsSettled {
  std::vector<ReceiptToken> tokens;
};

/// All that can be addressed to an entity, as plain values (RULES 6): no closure, pointer into a shard, view
/// or descriptor, so that a link to another node will be a codec and nothing more. What concerns threads (a
/// connection's move, stop, reload) travels as functions by Reactor::post() and never leaves the process.
using EntityMessage = std::variant<Deliver, Fanout, ReceiptsSettled, ServiceListing>;

/// Bytes the message costs a queue. A shared payload counts in full with each message that holds it.
inline std::size_t cost(const EntityMessage& message) {
  if (const auto* deliver = std::get_if<Deliver>(&message)) return deliver->stanza.cost();
  if (const auto* settled = std::get_if<ReceiptsSettled>(&message))
    return settled->tokens.size() * sizeof(ReceiptToken);
  if (const auto* listing = std::get_if<ServiceListing>(&message)) return 128 + listing->name.size();
  const auto& fanout = std::get<Fanout>(message);
  return fanout.stanza->cost() + fanout.recipients->size() * 64;
}

}  // namespace vestnik
