#pragma once
#include "proto/stanza/stanza.h"
#include "shard/pubsub/caps_table.h"
#include "shard/pubsub/last_item_reader.h"
#include "shard/session/account.h"

namespace vestnik::pubsub {

/// Who wants to hear of which nodes: what presence claims, proven (XEP-0115, XEP-0163 §4.2). Whoever begins
/// to want something is sent the last items of it. The shard's thread.
class Interests {
 public:
  explicit Interests(Shard& shard);

  /// A session is about to broadcast presence.
  void note(Session& session, const Stanza& presence);
  /// Presence or an iq has arrived for an account's bare address, perhaps of a contact elsewhere, perhaps an
  /// answer to a question of ours. True: such an answer.
  bool note(Account& account, const Stanza& stanza);
  /// A message came back. A contact elsewhere that is not there any more is told nothing until it is
  /// (XEP-0163 §4.3.1).
  void bounced(Account& account, const Stanza& error);
  LastItemReader& reader() { return reader_; }
  /// A session of the account may see a contact's presence from now on.
  static void contact_seen(Account& account, JidView contact);

 private:
  void note_peer(Account& account, const Stanza& presence);
  std::optional<CapsClaim> claim_of(const Stanza& presence);
  void verified(const Claimant& claimant, const CapabilitiesRef& capabilities);

  Shard& shard_;
  CapsTable table_;
  LastItemReader reader_;
};

}  // namespace vestnik::pubsub
