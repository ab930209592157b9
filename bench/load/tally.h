#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <string>

#include "bench/load/histogram.h"
#include "bench/load/sequence.h"

namespace vestnik::bench {

/// What one thread counted. Its thread writes; the histogram, errors and failures are read by others only
/// after the thread has handed over (see Worker::call), the counter at any time.
struct Tally {
  struct Failure {
    std::uint64_t count = 0;
    std::string first_user;
  };

  bool measuring = false;
  std::atomic<std::uint64_t> operations{0};  ///< completed while measuring
  std::atomic<std::uint64_t> failed{0};      ///< clients that failed, operations answered by errors
  Histogram latency;                         ///< of those since the run last took them (each second)
  OrderErrors order;
  std::map<std::string, Failure> failures;  ///< by what happened

  /// One operation is complete.
  void record(Histogram::Duration took) {
    if (!measuring) return;
    operations.store(operations.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    latency.record(took);
  }

  void fail(const std::string& what, const std::string& user) {
    failed.store(failed.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    Failure& failure = failures[what];
    if (failure.count++ == 0) failure.first_user = user;
  }
};

}  // namespace vestnik::bench
