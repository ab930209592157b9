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
  for (int round = 0; round < kRounds; ++round) {
    nanoseconds.push_back(seconds_of(micro, iterations) * 1e9 / static_cast<double>(iterations));
  }
  std::ranges::sort(nanoseconds);
  fmt::print("{:<28}{:>10.1f} ns{:>10.1f} ns\n", micro.name, nanoseconds.front(), nanoseconds[kRounds / 2]);
}

}  // namespace

int main(int argc, char** argv) {
  std::string filter;
  std::uint64_t iterations = 0;
  CLI::App app("Times single steps of the server's work: best and median of several rounds.",
               "vestnik-micro");
  app.add_option("filter", filter, "only the loops whose name contains this");
  app.add_option("--iterations", iterations,
                 "run each loop just so many times and print nothing (for callgrind)");
  CLI11_PARSE(app, argc, argv);

  std::vector<Micro> all;
  add_xml(all);
  add_addresses(all);
  add_stanzas(all);
  add_mailbox(all);
  for (const Micro& micro : all) {
    if (!micro.name.contains(filter)) continue;
    if (iterations != 0) {
      micro.run(iterations);
    } else {
      measure(micro);
    }
  }
  return 0;
}
