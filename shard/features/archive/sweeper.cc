#include "shard/features/archive/sweeper.h"

#include <utility>

namespace vestnik::features {
namespace {

constexpr std::chrono::minutes kBetweenRounds{10};
constexpr std::chrono::milliseconds kBetweenSlices{100};
// Of one slice: deletions cost the writer some 20 us each, accounts without any a few.
constexpr std::size_t kMessages = 100;
constexpr std::size_t kAccounts = 200;

}  // namespace

std::shared_ptr<ArchiveSweeper> ArchiveSweeper::start(Shard& shard) {
  if (shard.id() != 0) return nullptr;
  auto sweeper = std::make_shared<ArchiveSweeper>(shard);
  shard.reactor().set(sweeper->due_, kBetweenSlices);
  return sweeper;
}

void ArchiveSweeper::sweep() {
  const auto& hosts = shard_.config().hosts;
  while (!place_.orphans && place_.host < hosts.size() &&
         hosts[place_.host].archive_retention == std::chrono::milliseconds{0}) {
    place_ = {.host = place_.host + 1, .account = {}, .orphans = false};
  }
  if (!place_.orphans && place_.host >= hosts.size()) {
    place_ = {};
    return shard_.reactor().set(due_, kBetweenRounds);
  }
  const HostConfig* host = place_.host < hosts.size() ? &hosts[place_.host] : nullptr;
  const auto now = std::chrono::floor<std::chrono::microseconds>(shard_.reactor().wall_now());
  const auto oldest = host == nullptr ? now : now - host->archive_retention;
  shard_.services().storage.write(
      {.owner = ""},
      [place = place_, name = host == nullptr ? std::string() : host->name,
       before = oldest.time_since_epoch().count()](storage::Stores& stores) {
        return place.orphans ? sweep_orphans(stores, place) : sweep_host(stores, place, name, before);
      },
      [weak = weak_from_this(), &reactor = shard_.reactor()](Result<Place, storage::Error> reached) {
        reactor.post([weak, reached = std::move(reached)]() mutable {
          const auto self = weak.lock();
          if (!self) return;
          // Storage in trouble: the next round will do.
          self->place_ = reached ? std::move(*reached) : Place{};
          self->shard_.reactor().set(self->due_, reached ? kBetweenSlices : kBetweenRounds);
        });
      });
}

// On the storage's thread, as the next one.
ArchiveSweeper::Place ArchiveSweeper::sweep_orphans(storage::Stores& stores, Place place) {
  place.orphans = stores.archive().remove_orphans(kMessages) == kMessages;
  return place;
}

ArchiveSweeper::Place ArchiveSweeper::sweep_host(storage::Stores& stores, Place place,
                                                 const std::string& host, storage::ArchiveId before) {
  const auto accounts = stores.accounts().list(host, place.account, kAccounts);
  std::size_t left = kMessages;
  for (const auto& account : accounts) {
    left -= stores.archive().remove_before(account.jid, before, left);
    if (left == 0) return place;  // the same account again
    place.account = account.jid;
  }
  if (accounts.size() < kAccounts) place = {.host = place.host + 1, .account = {}, .orphans = false};
  return place;
}

}  // namespace vestnik::features
