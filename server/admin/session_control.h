#pragma once
#include <cstddef>
#include <string_view>

#include "proto/stream/error.h"
#include "shard/shard.h"

namespace vestnik::admin {

/// Ends the sessions of an account, or only that of `resource` if it is not empty. The owner shard's thread.
/// Returns how many there were.
std::size_t end_sessions(Shard& shard, std::string_view bare, std::string_view resource,
                         const StreamError& error);

}  // namespace vestnik::admin
