#include "shard/features/archive/preferences.h"

#include <utility>

#include "proto/xep/archive_preferences.h"
#include "shard/shard.h"

namespace vestnik::features {
namespace {

// Of both lists together: they are looked through for every message.
constexpr std::size_t kMaxListed = 1'000;

std::size_t bytes_of(const ArchivePreferences& preferences) {
  return (preferences.always.size() + preferences.never.size()) * 64;
}

}  // namespace

void get_archive_preferences(IqRequest& request) {
  const storage::ArchiveHead* archive = request.account()->archive();
  if (archive == nullptr) return request.error(StanzaCondition::feature_not_implemented);
  request.result(write_archive_preferences(archive->preferences));
}

void set_archive_preferences(IqRequest& request) {
  storage::ArchiveHead* archive = request.account()->archive();
  if (archive == nullptr) return request.error(StanzaCondition::feature_not_implemented);
  auto wished = parse_archive_preferences(request.payload());
  if (!wished) return request.error(wished.error().condition, wished.error().text);
  if (wished->always.size() + wished->never.size() > kMaxListed)
    return request.error(StanzaCondition::policy_violation, "these are too many addresses");
  archive->preferences = std::move(*wished);
  request.shard().write(
      *request.account(), bytes_of(archive->preferences),
      [owner = request.account()->jid().full(), kept = archive->preferences](storage::Stores& stores) {
        stores.archive().set_preferences(owner, kept);
      },
      [applied = write_archive_preferences(archive->preferences),
       reply = request.defer()](Result<void, storage::Error> stored) mutable {
        if (!stored)
          return reply.error(Shard::condition_of(stored.error()), "the preferences could not be stored");
        reply.result(applied);
      });
}

}  // namespace vestnik::features
