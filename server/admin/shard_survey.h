#pragma once
#include <cstddef>
#include <optional>
#include <vector>

#include "server/admin/context.h"
#include "shard/session/footprint.h"

namespace vestnik::admin {

/// How one shard is doing.
struct ShardLine {
  std::size_t sessions = 0;
  std::size_t web_sockets = 0;  ///< of those
  std::size_t sleeping = 0;     ///< likewise, waiting for their client to come back
  std::size_t accounts = 0;
  std::size_t mailbox_bytes = 0;
  std::size_t parked = 0;
  Footprint footprint = {};
};

/// Looks at every shard, in their order and in steps that hold up none of them. None if one is stopping. The
/// control thread.
Task<std::optional<std::vector<ShardLine>>> survey(AdminContext* context);

}  // namespace vestnik::admin
