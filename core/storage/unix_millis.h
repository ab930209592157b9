#pragma once
#include <chrono>

namespace vestnik::storage {

/// A moment as it is stored: milliseconds since 1970, UTC. Converts to system_clock's time points by itself;
/// the other way takes std::chrono::floor, because it rounds.
using UnixMillis = std::chrono::sys_time<std::chrono::milliseconds>;

}  // namespace vestnik::storage
