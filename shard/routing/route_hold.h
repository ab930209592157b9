#pragma once
#include <utility>
#include <vector>

#include "shard/message.h"
#include "shard/shard_map.h"

namespace vestnik {

class Shard;

/// Something that was routed and has not left yet.
struct Routed {
  ShardId target = 0;
  EntityMessage message;
};

/// While it lives, what its shard routes is gathered here instead of being sent on, in order: whoever holds
/// it decides, by what has come of a stanza, what that has to wait for. What nobody takes leaves with the
/// hold. One at a time; on the stack only, and never over a suspension.
class RouteHold {
 public:
  explicit RouteHold(Shard& shard);
  ~RouteHold();
  RouteHold(const RouteHold&) = delete;
  RouteHold& operator=(const RouteHold&) = delete;

  std::vector<Routed> take() { return std::exchange(routed_, {}); }

 private:
  Shard& shard_;
  std::vector<Routed> routed_;
};

}  // namespace vestnik
