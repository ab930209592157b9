#pragma once
#include <memory>
#include <string>

#include "core/runtime/timer_wheel.h"
#include "shard/shard.h"

namespace vestnik::features {

/// Deletes what archives need not keep any longer: messages older than their host's `archive_retention`, and
/// the archives of accounts that are gone. Goes round all accounts in slices of a few milliseconds of the
/// storage's writer; in between others write. One shard's does it for all.
class ArchiveSweeper : public std::enable_shared_from_this<ArchiveSweeper> {
 public:
  /// Lives as long as the result is held. Nothing for shards that need not sweep.
  static std::shared_ptr<ArchiveSweeper> start(Shard& shard);

  explicit ArchiveSweeper(Shard& shard) : shard_(shard), due_([this] { sweep(); }) {}

 private:
  /// Where a round has got to.
  struct Place {
    std::size_t host = 0;
    std::string account;  ///< the last one looked at
    bool orphans = true;  ///< still to be looked for
  };

  void sweep();
  static Place sweep_orphans(storage::Stores& stores, Place place);
  static Place sweep_host(storage::Stores& stores, Place place, const std::string& host,
                          storage::ArchiveId before);

  Shard& shard_;
  Place place_;
  Timer due_;
};

}  // namespace vestnik::features
