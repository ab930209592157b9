#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/storage/storage.h"
#include "server/admin/shard_survey.h"

namespace vestnik::admin {

/// Bytes of one part of the process.
struct MemoryPart {
  std::string_view name;  ///< `tls`
  std::uint64_t bytes = 0;
};

/// Where this process's memory is. The first two, `rss` and `heap`, are the whole; the rest are parts of it,
/// not all of them.
std::vector<MemoryPart> memory_report(const std::vector<ShardLine>& shards, const storage::Status& store);

}  // namespace vestnik::admin
