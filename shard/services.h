#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "core/io/address_ledger.h"
#include "core/io/tls_context.h"
#include "core/log/log.h"
#include "core/runtime/blocking_pool.h"
#include "core/storage/storage.h"
#include "proto/base/random.h"
#include "shard/message.h"
#include "shard/shard_map.h"

namespace vestnik {

class Shard;
class S2sShard;

/// What all shards share. Built before them and outlives them; every member may be used from any thread.
struct Services {
  Log& log;
  storage::Storage& storage;
  BlockingPool& blocking;
  RandomSource& random;
  AddressLedger& addresses;
  ShardMap map;
  std::string server_secret;  ///< for decoy SCRAM salts; kept in the store
  std::chrono::system_clock::time_point started;

  std::vector<Shard*> shards;  ///< by ShardId; fixed once the threads run
  std::vector<S2sShard*> s2s;  ///< likewise, the first being that of map.shards()
  S2sShard& s2s_of(std::string_view domain) const { return *s2s[map.s2s_of(domain) - map.shards()]; }
  std::atomic<std::uint32_t> unauthenticated{
      0};  ///< connections not logged in, for limits.unauthenticated_total
  std::atomic<std::uint64_t> session_ids{0};
  std::atomic<storage::BodyId> next_archive_body{
      1};  ///< the first one: ArchiveStore::next_body() at the start
  /// Grows when an account was created or removed, for those who keep a list of all (SharedGroups).
  std::atomic<std::uint64_t> accounts_version{1};
};

}  // namespace vestnik
