#pragma once
#include <functional>
#include <vector>

#include "core/storage/storage.h"
#include "proto/stanza/stanza.h"

namespace vestnik {

class S2sShard;

namespace s2s {

/// An S2S shard's stanzas in the SpoolStore (RULES 3): gives out the ids, gathers what a turn takes out of
/// it, and reads what is left of the last run. The S2S shard's thread.
class Spool {
 public:
  explicit Spool(S2sShard& shard);
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  /// The next id in the order of sending, whether or not the stanza will ever be stored under it.
  storage::SpoolId next_id();
  /// Stores stanzas; `done` learns on this thread whether they are on the disk.
  void put(std::vector<storage::SpooledStanza> stanzas, std::move_only_function<void(bool)> done);
  /// Deletes one that is safe with its addressee's server or has been answered, with the others of this turn.
  void remove(storage::SpoolId id) { removed_.push_back(id); }
  void end_turn();

  /// Hands over what is in the store, other shards' included, in order, then calls `done`. Before anything
  /// else.
  void load(std::move_only_function<void(storage::SpoolId, Stanza)> found,
            std::move_only_function<void()> done);

 private:
  struct Loading {
    std::move_only_function<void(storage::SpoolId, Stanza)> found;
    std::move_only_function<void()> done;
  };
  void load_page(storage::SpoolId after, std::shared_ptr<Loading> loading);
  void take_page(const std::vector<storage::SpooledStanza>& page, const std::shared_ptr<Loading>& loading);

  S2sShard& shard_;
  storage::SpoolId last_id_;
  std::vector<storage::SpoolId> removed_;
};

}  // namespace s2s
}  // namespace vestnik
