#include "server/admin/shard_survey.h"

#include <utility>

#include "server/admin/shard_calls.h"

namespace vestnik::admin {
namespace {

/// A walk over the accounts of one shard, as far as it has come.
struct Walk {
  std::size_t cursor = 0;
  std::size_t web_sockets = 0;
  std::size_t sleeping = 0;
  Footprint footprint = {};
};

Walk go_on(Shard& shard, Walk walk) {
  walk.cursor = shard.accounts().for_some(walk.cursor, [&walk](Account& account) {
    walk.footprint.add(account);
    for (const auto& session : account.sessions()) {
      walk.sleeping += session->is_asleep() ? 1 : 0;
      walk.web_sockets += session->link().is_web_socket() ? 1 : 0;
    }
  });
  return walk;
}

ShardLine describe(Shard& shard, const Walk& walk) {
  return {.sessions = shard.session_count(),
          .web_sockets = walk.web_sockets,
          .sleeping = walk.sleeping,
          .accounts = shard.accounts().size(),
          .mailbox_bytes = shard.reactor().mailbox_bytes(),
          .parked = shard.accounts().parked_bytes(),
          .footprint = walk.footprint};
}

}  // namespace

Task<std::optional<std::vector<ShardLine>>> survey(AdminContext* context) {
  std::vector<ShardLine> lines;
  for (Shard* shard : context->services.shards) {
    Walk walk;
    do {
      auto step = [walk](Shard& there) { return go_on(there, walk); };
      const auto further = co_await on_shard<Walk>(context, shard, step);
      if (!further) co_return std::nullopt;
      walk = *further;
    } while (walk.cursor != 0);
    auto sum_up = [walk](Shard& there) { return describe(there, walk); };
    const auto line = co_await on_shard<ShardLine>(context, shard, sum_up);
    if (!line) co_return std::nullopt;
    lines.push_back(*line);
  }
  co_return lines;
}

}  // namespace vestnik::admin
