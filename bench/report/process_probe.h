#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <vector>

namespace vestnik::bench {

/// Reads what the server's processes use from the kernel: those named and all their descendants at the time
/// of asking.
class ProcessProbe {
 public:
  explicit ProcessProbe(std::vector<pid_t> roots) : roots_(std::move(roots)) {}

  bool watches() const { return !roots_.empty(); }
  /// CPU time used so far, by all threads, including children that have ended.
  std::chrono::nanoseconds cpu() const;
  /// Proportional set size in bytes.
  std::uint64_t pss() const;
  /// Whether every named process still runs.
  bool alive() const;

 private:
  std::vector<pid_t> all() const;
  std::vector<pid_t> roots_;
};

/// CPU time of this process.
std::chrono::nanoseconds own_cpu();

}  // namespace vestnik::bench
