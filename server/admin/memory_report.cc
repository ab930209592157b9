#include "server/admin/memory_report.h"

#include <malloc.h>
#include <unistd.h>

#include <fstream>

#include "core/io/tls_memory.h"

namespace vestnik::admin {
namespace {

std::uint64_t resident_bytes() {
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

std::vector<MemoryPart> memory_report(const std::vector<ShardLine>& shards, const storage::Status& store) {
  Footprint kept;
  std::size_t waiting = 0;
  for (const ShardLine& shard : shards) {
    kept.accounts += shard.footprint.accounts;
    kept.sessions += shard.footprint.sessions;
    kept.queues += shard.footprint.queues;
    waiting += shard.mailbox_bytes + shard.parked;
  }
  const auto heap = ::mallinfo2();
  return {{"rss", resident_bytes()},
          {"heap", heap.uordblks + heap.hblkhd},
          {"tls", tls_memory::bytes()},
          {"sessions", kept.sessions},
          {"accounts", kept.accounts},
          {"client_queues", kept.queues},
          {"mailboxes", waiting},
          {"storage_queue", store.queued_bytes},
          {"storage_cache", store.cache_bytes}};
}

}  // namespace vestnik::admin
