#include "shard/routing/route_hold.h"

#include "shard/shard.h"

namespace vestnik {

RouteHold::RouteHold(Shard& shard) : shard_(shard) { shard_.hold_routed(&routed_); }

RouteHold::~RouteHold() {
  shard_.hold_routed(nullptr);
  shard_.send(take());
}

}  // namespace vestnik
