#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/tally.h"

namespace vestnik::bench {

/// What happened in one second of a measurement.
struct Second {
  std::uint64_t operations = 0;
  std::chrono::nanoseconds p50{};
  std::chrono::nanoseconds p99{};
};

/// What one run found out. A figure is only meaningful, and only printed, when ok().
struct Report {
  std::string label;
  std::string scenario;
  std::string setting;    ///< the scenario's options in words
  std::string operation;  ///< what was counted, in the singular
  std::size_t users = 0;
  unsigned threads = 1;

  std::chrono::nanoseconds preparing{};  ///< what the scenario wanted done first, like joining rooms
  std::chrono::nanoseconds measured{};
  std::uint64_t operations = 0;
  Histogram latency;
  std::vector<Second> timeline;  ///< the measurement, second by second

  std::optional<std::chrono::nanoseconds> server_cpu;  ///< during the measurement
  std::chrono::nanoseconds client_cpu{};
  std::optional<std::uint64_t> pss_before;  ///< bytes, before anybody connected
  std::optional<std::uint64_t> pss_after;   ///< bytes, at the end of the measurement
  std::size_t sessions = 0;                 ///< that the server had at that time

  OrderErrors order;
  std::map<std::string, Tally::Failure> failures;
  std::string aborted;  ///< why the run ended early, if it did

  bool ok() const { return failures.empty() && !order.any() && aborted.empty(); }
};

/// For people.
std::string to_table(const Report& report);
/// For machines: one object; durations in seconds, sizes in bytes. Figures of a run that is not ok() are left
/// out.
std::string to_json(const Report& report);

}  // namespace vestnik::bench
