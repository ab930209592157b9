#pragma once
#include <memory>

#include "core/runtime/timer_wheel.h"
#include "shard/shard.h"

namespace vestnik::features {

/// Makes messages findable by their words (XEP-0431), in slices of a few milliseconds of the storage's writer
/// and behind what clients wait for. Every shard has one for what it has written; the line that they take
/// from is one.
class ArchiveIndexer : public std::enable_shared_from_this<ArchiveIndexer> {
 public:
  /// Lives as long as the result is held. The first one begins with what was left when the server stopped.
  static std::shared_ptr<ArchiveIndexer> start(Shard& shard);

  explicit ArchiveIndexer(Shard& shard) : shard_(shard), due_([this] { take_slice(); }) {}

  /// Something that is searchable is being written.
  void soon();

 private:
  void take_slice();

  Shard& shard_;
  Timer due_;
  bool busy_ = false;   ///< a slice is under way
  bool again_ = false;  ///< and more has come meanwhile
};

}  // namespace vestnik::features
