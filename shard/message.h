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

/// Names that are shared between shards and never change, in order.
using SharedNames = std::shared_ptr<const std::vector<std::string>>;

/// An event of an account's node for accounts of one shard (XEP-0163 §4.3): `event` is a message without
/// `to`. Of a bare address those available resources get it whose clients want to hear of the node.
struct NodeEvent {
  std::shared_ptr<const Stanza> event;
  std::string node;
  SharedAddresses interested;  ///< bare; null: none
  /// Full, or bare ones that get it themselves if no resource wants it; null: none. Not in `interested`.
  SharedAddresses subscribed;
};

/// A resource wants the last items of some nodes of accounts of one shard (XEP-0163 §4.3.4).
struct LastItemsWanted {
  Jid resource;  ///< full, of an account of this server
  SharedNames nodes;
  SharedAddresses accounts;  ///< bare
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
using EntityMessage =
    std::variant<Deliver, Fanout, ReceiptsSettled, ServiceListing, NodeEvent, LastItemsWanted>;

/// Bytes the message costs a queue. A shared payload counts in full with each message that holds it.
inline std::size_t cost(const EntityMessage& message) {
  constexpr std::size_t kAddressBytes = 64;
  const auto addresses = [](const SharedAddresses& some) { return some ? some->size() * kAddressBytes : 0; };
  if (const auto* deliver = std::get_if<Deliver>(&message)) return deliver->stanza.cost();
  if (const auto* settled = std::get_if<ReceiptsSettled>(&message))
    return settled->tokens.size() * sizeof(ReceiptToken);
  if (const auto* listing = std::get_if<ServiceListing>(&message)) return 128 + listing->name.size();
  if (const auto* event = std::get_if<NodeEvent>(&message))
    return event->event->cost() + addresses(event->interested) + addresses(event->subscribed);
  if (const auto* wanted = std::get_if<LastItemsWanted>(&message))
    return sizeof(LastItemsWanted) + addresses(wanted->accounts);
  const auto& fanout = std::get<Fanout>(message);
  return fanout.stanza->cost() + addresses(fanout.recipients);
}

}  // namespace vestnik
