#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proto/base/siphash.h"

namespace vestnik {

/// Index of a shard within this process.
using ShardId = std::uint16_t;

/// Where an entity lives. Today the node is always this one (0).
struct Owner {
  std::uint16_t node = 0;
  ShardId shard = 0;
  friend bool operator==(const Owner&, const Owner&) = default;
};

/// Says which shard owns an entity: SipHash of the bare JID -> one of 4,096 partitions -> (node, shard)
/// (RULES 6). The key is secret, so that nobody can aim load at one shard, and kept in the store. Immutable
/// while the process runs; any thread.
class ShardMap {
 public:
  static constexpr std::size_t kPartitions = 4'096;

  /// `s2s_shards`: those for other domains, at least one.
  ShardMap(SipKey key, ShardId shards, ShardId s2s_shards = 1)
      : key_(key), shards_(shards), s2s_shards_(s2s_shards) {
    for (std::size_t i = 0; i < kPartitions; ++i) owners_[i].shard = static_cast<ShardId>(i % shards);
  }

  /// How many shards this node has for its own entities, numbered from 0.
  ShardId shards() const { return shards_; }
  /// How many there are in all: the S2S shards come behind those.
  ShardId all() const { return static_cast<ShardId>(shards_ + s2s_shards_); }
  ShardId s2s_shards() const { return s2s_shards_; }
  /// The S2S shard to which all goes that is addressed to another domain.
  ShardId s2s_of(std::string_view domain) const {
    const std::uint64_t share = s2s_shards_ == 1 ? 0 : siphash24(key_, domain) % s2s_shards_;
    return static_cast<ShardId>(shards_ + share);
  }

  Owner owner(std::string_view bare_jid) const { return owners_[siphash24(key_, bare_jid) % kPartitions]; }

 private:
  SipKey key_;
  ShardId shards_;
  ShardId s2s_shards_;
  std::array<Owner, kPartitions> owners_{};
};

}  // namespace vestnik
