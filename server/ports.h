#pragma once
#include "core/config/config.h"

namespace vestnik {

/// Throws std::runtime_error that names the first configured port that somebody listens on. The shards' own
/// listeners would not find out: they share their ports with each other (SO_REUSEPORT), and hence with a
/// second server.
void require_free_ports(const Config& config);

}  // namespace vestnik
