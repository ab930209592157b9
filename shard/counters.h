#pragma once
#include <array>
#include <cstdint>
#include <utility>

#include "core/metrics/duration_histogram.h"
#include "proto/stanza/condition.h"
#include "proto/stanza/stanza.h"

namespace vestnik {

/// What a shard has counted since the process began. Plain numbers: its thread adds, and gives others a copy.
struct ShardCounters {
  template <typename Kind, std::size_t kKinds>
  struct By {
    std::array<std::uint64_t, kKinds> counts{};
    std::uint64_t& operator[](Kind kind) {
      return counts.at(static_cast<std::size_t>(std::to_underlying(kind)));
    }
  };

  By<StanzaKind, 3> from_clients;
  By<StanzaKind, 3> to_clients;
  By<StanzaCondition, kStanzaConditions> bounced;  ///< stanzas that were answered with an error instead
  std::uint64_t logins = 0;
  std::uint64_t failed_logins = 0;
  std::uint64_t resumed = 0;         ///< sessions that came back to a new connection
  DurationHistogram between_shards;  ///< from when another shard sends a batch to when this one has it
};

}  // namespace vestnik
