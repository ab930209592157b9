#pragma once
#include <memory>
#include <vector>

#include "core/storage/storage.h"
#include "shard/message.h"
#include "shard/pubsub/last_item_cache.h"
#include "shard/pubsub/operations.h"
#include "shard/session/account.h"

namespace vestnik {
class Shard;
}

namespace vestnik::pubsub {

/// Reads the last items that accounts have not cached: what is wanted in one turn as one job, or a few, since
/// somebody who logs in wants them of all contacts. The shard's thread.
class LastItemReader {
 public:
  explicit LastItemReader(Shard& shard) : shard_(shard) {}
  LastItemReader(const LastItemReader&) = delete;
  LastItemReader& operator=(const LastItemReader&) = delete;

  /// Shows `resource` (full) the account's last items of these nodes, which it wants since then, as soon as
  /// they are known.
  void read(Account& account, const Jid& resource, const SharedNames& nodes, storage::UnixMillis since);

 private:
  /// What is wanted of one account.
  struct Wish {
    Jid owner;
    SharedNames nodes;
    storage::UnixMillis since;
    LastItemCache::Generation generation;
    std::vector<Jid> resources;
  };
  using Wishes = std::shared_ptr<const std::vector<Wish>>;

  void flush();
  void start(std::vector<Wish> some);
  void take(const Wishes& wishes, std::vector<LastItems> found);

  Shard& shard_;
  std::vector<Wish> wishes_;
  storage::WriteSeq after_ = storage::kNoWrite;  ///< the newest write of the accounts that are asked
};

}  // namespace vestnik::pubsub
