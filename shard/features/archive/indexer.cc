#include "shard/features/archive/indexer.h"

#include <utility>

#include "proto/xep/mam.h"

namespace vestnik::features {
namespace {

constexpr std::chrono::milliseconds kDelay{100};
// When there is more: other writes pass in between, and yet it keeps up with several thousand messages a
// second.
constexpr std::chrono::milliseconds kPause{10};
constexpr std::chrono::seconds kAfterFailure{10};
constexpr std::size_t kSlice = 100;

// On the storage's thread. Whether there may be more.
bool index_some(storage::ArchiveStore& archive) {
  const auto waiting = archive.unindexed(kSlice);
  for (const auto& message : waiting) archive.index(message.place, mam::searchable_text(message.stanza));
  return waiting.size() == kSlice;
}

}  // namespace

std::shared_ptr<ArchiveIndexer> ArchiveIndexer::start(Shard& shard) {
  auto indexer = std::make_shared<ArchiveIndexer>(shard);
  if (shard.id() == 0) indexer->soon();
  return indexer;
}

void ArchiveIndexer::soon() {
  if (busy_) {
    again_ = true;
  } else if (!due_.armed()) {
    shard_.reactor().set(due_, kDelay);
  }
}

void ArchiveIndexer::take_slice() {
  busy_ = true;
  again_ = false;
  shard_.services().storage.write(
      {.owner = ""}, [](storage::Stores& stores) { return index_some(stores.archive()); },
      [weak = weak_from_this(), &reactor = shard_.reactor()](Result<bool, storage::Error> more) {
        reactor.post([weak, more = std::move(more)] {
          const auto self = weak.lock();
          if (!self) return;
          self->busy_ = false;
          if (!more) return self->shard_.reactor().set(self->due_, kAfterFailure);
          if (*more || self->again_) self->shard_.reactor().set(self->due_, *more ? kPause : kDelay);
        });
      });
}

}  // namespace vestnik::features
