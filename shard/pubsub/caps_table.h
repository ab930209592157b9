#pragma once
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/runtime/timer_wheel.h"
#include "proto/base/string_hash.h"
#include "proto/jid/jid.h"
#include "proto/stanza/stanza.h"
#include "proto/xep/caps.h"
#include "shard/pubsub/capabilities.h"

namespace vestnik {
class Shard;
}

namespace vestnik::pubsub {

/// Somebody whose presence claims a hash.
struct Claimant {
  Jid account;           ///< local, bare: the one that is told, in whose name questions are asked
  Jid jid;               ///< full
  std::string node;      ///< of the disco#info that has the hash (XEP-0115 §6.2)
  SharedNames had = {};  ///< the nodes that it wanted to hear of until now; null: none

  /// The same one, who asks for the same.
  bool same_as(const Claimant& other) const {
    return jid == other.jid && account == other.account && node == other.node;
  }
};

/// The hashes of capabilities that a shard has met (XEP-0115). Claimants are asked, some at a time, until one
/// has proven the hash; what does not match is not kept. Verified ones are remembered when nobody claims them
/// any more, the least recently claimed first forgotten. The shard's thread.
class CapsTable {
 public:
  /// A claimant whose hash was not known when it claimed it, and now is.
  using Verified = std::function<void(const Claimant&, const CapabilitiesRef&)>;

  CapsTable(Shard& shard, Verified verified);
  ~CapsTable();
  CapsTable(const CapsTable&) = delete;
  CapsTable& operator=(const CapsTable&) = delete;

  /// What is claimed; to be kept as long as it is.
  CapabilitiesRef claim(const CapsClaim& claim, Claimant claimant);

  /// True if this was an answer to a question of the table, and is done with.
  bool answer(const Stanza& iq);

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry;
  using Entries = std::unordered_map<std::string, std::unique_ptr<Entry>, StringHash, std::equal_to<>>;

  void ask(Entry& entry);
  bool settle(Entry& entry, xml::Element info);
  void give_up(Entry& entry);
  void evict();

  Shard& shard_;
  Verified verified_;
  Entries entries_;                ///< by hash
  std::list<std::string> recent_;  ///< hashes, the least recently claimed first
  std::unordered_map<std::string, Entry*, StringHash, std::equal_to<>> questions_;  ///< by id
};

}  // namespace vestnik::pubsub
