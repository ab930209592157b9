#include "shard/s2s/spool.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "shard/s2s/s2s_shard.h"

namespace vestnik::s2s {
namespace {

constexpr std::size_t kPage = 1'000;
const std::string kOwner = "s2s";

}  // namespace

// The clock puts new ids behind all that are in the store, even if that cannot be read.
Spool::Spool(S2sShard& shard)
    : shard_(shard),
      last_id_(
          std::chrono::duration_cast<std::chrono::microseconds>(shard.reactor().wall_now().time_since_epoch())
              .count()) {}

// Each shard has the ids that leave its own rest, so that no two give out the same.
storage::SpoolId Spool::next_id() {
  const ShardMap& map = shard_.services().map;
  const storage::SpoolId shards = map.s2s_shards();
  const storage::SpoolId own = shard_.id() - map.shards();
  ++last_id_;
  last_id_ += (own - last_id_ % shards + shards) % shards;
  return last_id_;
}

void Spool::put(std::vector<storage::SpooledStanza> stanzas, std::move_only_function<void(bool)> done) {
  std::size_t bytes = 0;
  for (const storage::SpooledStanza& one : stanzas) bytes += one.stanza.size();
  shard_.services().storage.write(
      {.owner = kOwner, .bytes = bytes},
      [stanzas = std::move(stanzas)](storage::Stores& stores) { stores.spool().put(stanzas); },
      [this, done = std::move(done)](Result<void, storage::Error> result) mutable {
        shard_.reactor().post([done = std::move(done), ok = result.has_value()]() mutable { done(ok); });
      });
}

void Spool::end_turn() {
  if (removed_.empty()) return;
  const std::size_t bytes = removed_.size() * sizeof(storage::SpoolId);
  // One that stays after all is sent once more after the next start, under its own id.
  shard_.services().storage.write(
      {.owner = kOwner, .bytes = bytes},
      [ids = std::exchange(removed_, {})](storage::Stores& stores) { stores.spool().remove(ids); },
      [](const Result<void, storage::Error>& /*result*/) {});
}

void Spool::load(std::move_only_function<void(storage::SpoolId, Stanza)> found,
                 std::move_only_function<void()> done) {
  load_page(0, std::make_shared<Loading>(Loading{std::move(found), std::move(done)}));
}

void Spool::load_page(storage::SpoolId after, std::shared_ptr<Loading> loading) {
  using Page = std::vector<storage::SpooledStanza>;
  shard_.services().storage.read(
      storage::kNoWrite, [after](storage::Stores& stores) { return stores.spool().list(after, kPage); },
      [this, loading = std::move(loading)](Result<Page, storage::Error> result) mutable {
        shard_.reactor().post([this, loading = std::move(loading), result = std::move(result)] {
          if (result) return take_page(*result, loading);
          shard_.log().error("s2s.spool_unread", {{"reason", result.error().text}});
          loading->done();
        });
      });
}

void Spool::take_page(const std::vector<storage::SpooledStanza>& page,
                      const std::shared_ptr<Loading>& loading) {
  for (const storage::SpooledStanza& one : page) {
    last_id_ = std::max(last_id_, one.id);
    if (auto stanza = Stanza::from_stored(one.stanza)) {
      loading->found(one.id, *std::move(stanza));
    } else {
      remove(one.id);
    }
  }
  if (page.size() == kPage) return load_page(page.back().id, loading);
  loading->done();
}

}  // namespace vestnik::s2s
