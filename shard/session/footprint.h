#pragma once
#include <cstddef>

namespace vestnik {

class Account;

/// What loaded accounts keep in memory, in bytes, counted from the sizes of what they hold: what the
/// allocator adds and the frames of coroutines are left out, as is TLS, which counts itself
/// (core/io/tls_memory.h).
struct Footprint {
  std::size_t accounts = 0;  ///< credentials, rosters, block lists
  std::size_t sessions = 0;  ///< with their connections
  std::size_t queues = 0;    ///< what clients have not acknowledged or not read

  /// Adds an account with its sessions. The thread of the account's shard.
  void add(Account& account);
};

}  // namespace vestnik
