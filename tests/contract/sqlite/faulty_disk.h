#pragma once
#include <atomic>

namespace vestnik::storage {

/// While it lives, databases opened in this process are on a disk that fails on demand and counts: an SQLite
/// VFS around the default one. One at a time.
class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  std::atomic<int> write_result = 0;   ///< not SQLITE_OK: what every write to a file answers
  std::atomic<int> failing_syncs = 0;  ///< how many of the next syncs of a log fail
  std::atomic<int> syncs_of_logs = 0;  ///< how many there have been
};

}  // namespace vestnik::storage
