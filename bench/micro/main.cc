// vestnik-micro: timed loops over single steps of the walk.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "bench/micro/micro.h"

namespace {

using namespace vestnik::bench;
using Clock = std::chrono::steady_clock;

constexpr int kRounds = 11;
constexpr std::chrono::milliseconds kRound{20};

double seconds_of(const Micro& micro, std::uint64_t iterations) {
  const auto begin = Clock::now();
  micro.run(iterations);
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// So many that one round takes about kRound.
std::uint64_t calibrate(const Micro& micro) {
  std::uint64_t iterations = micro.least_iterations;
  while (seconds_of(micro, iterations) < std::chrono::duration<double>(kRound).count() / 2) iterations *= 2;
  return iterations;
}

/// The best round and the median. The best is what the code needs; the distance of the two is what the
/// neighbours took.
void measure(const Micro& micro) {
  const std::uint64_t iterations = calibrate(micro);
  std::vector<double> nanoseconds;
  nanoseconds.reserve(kRounds);
  for (int round = 0; round < kRounds; ++round) {
    nanoseconds.push_back(seconds_of(micro, iterations) * 1e9 / static_cast<double>(iterations));
  }
  std::ranges::sort(nanoseconds);
  fmt::print("{:<28}{:>10.1f} ns{:>10.1f} ns\n", micro.name, nanoseconds.front(), nanoseconds[kRounds / 2]);
}

/// The function by whose name callgrind is told what to count.
[[gnu::noinline]] void run_counted(const Micro& micro, std::uint64_t iterations) { micro.run(iterations); }

/// The loop so many times, one number of iterations after the other.
void count(const Micro& micro, const std::vector<std::uint64_t>& iterations) {
  if (!micro.is_counted) return;
  for (const std::uint64_t times : iterations) run_counted(micro, times);
}

}  // namespace

int main(int argc, char** argv) {
  std::string filter;
  std::vector<std::uint64_t> iterations;
  bool list = false;
  CLI::App app("Times single steps of the server's work: best and median of several rounds.",
               "vestnik-micro");
  app.add_option("filter", filter, "only the loops whose name contains this");
  app.add_option("--count", iterations,
                 "run each loop so many times (or several numbers of times), in run_counted(), and print "
                 "nothing: for callgrind")
      ->delimiter(',');
  app.add_flag("--list", list, "name the loops that --count runs");
  CLI11_PARSE(app, argc, argv);
  count_openssl_memory();

  std::vector<Micro> all;
  add_xml(all);
  add_addresses(all);
  add_stanzas(all);
  add_mailbox(all);
  add_routing(all);
  add_tls(all);
  std::erase_if(all, [&filter](const Micro& micro) { return !micro.name.contains(filter); });
  for (const Micro& micro : all) {
    if (list) {
      if (micro.is_counted) fmt::print("{}\n", micro.name);
    } else if (!iterations.empty()) {
      count(micro, iterations);
    } else {
      measure(micro);
    }
  }
  if (list || !iterations.empty()) return 0;
  std::vector<Weight> weights;
  add_tls_weights(weights);
  for (const Weight& weight : weights) {
    if (weight.name.contains(filter)) fmt::print("{:<28}{:>10} bytes\n", weight.name, weight.bytes());
  }
  return 0;
}
