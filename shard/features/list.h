#pragma once
#include "shard/feature/feature.h"

/// One function per feature file; only list.cc names them.
namespace vestnik::features {

Feature make_session(Shard& shard);
Feature make_roster(Shard& shard);
Feature make_ping(Shard& shard);

}  // namespace vestnik::features
