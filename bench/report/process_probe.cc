#include "bench/report/process_probe.h"

#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace vestnik::bench {
namespace {

std::chrono::nanoseconds read_clock(clockid_t clock) {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

/// What children that ended had used: fields 16 and 17 of /proc/PID/stat, in clock ticks.
std::chrono::nanoseconds ended_children_cpu(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  if (!std::getline(file, line)) return {};
  std::istringstream fields(line.substr(line.rfind(')') + 1));  // the name may hold spaces
  std::string skipped;
  for (int field = 3; field < 16; ++field) fields >> skipped;
  std::int64_t user = 0;
  std::int64_t system = 0;
  fields >> user >> system;
  return std::chrono::nanoseconds(std::chrono::seconds(user + system)) / ::sysconf(_SC_CLK_TCK);
}

void append_children(pid_t pid, std::vector<pid_t>& found) {
  std::error_code gone;
  for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), gone)) {
    std::ifstream children(thread.path() / "children");
    for (pid_t child = 0; children >> child;) found.push_back(child);
  }
}

}  // namespace

std::vector<pid_t> ProcessProbe::all() const {
  std::vector<pid_t> found = roots_;
  for (std::size_t i = 0; i < found.size(); ++i) append_children(found[i], found);
  return found;
}

std::chrono::nanoseconds ProcessProbe::cpu() const {
  std::chrono::nanoseconds total{};
  for (const pid_t pid : all()) {
    clockid_t clock{};
    if (::clock_getcpuclockid(pid, &clock) == 0)
      total += read_clock(clock);  // exact, where /proc counts in 10 ms
    total += ended_children_cpu(pid);
  }
  return total;
}

std::uint64_t ProcessProbe::pss() const {
  std::uint64_t kilobytes = 0;
  for (const pid_t pid : all()) {
    std::ifstream file(fmt::format("/proc/{}/smaps_rollup", pid));
    for (std::string line; std::getline(file, line);) {
      if (!line.starts_with("Pss:")) continue;
      std::uint64_t value = 0;
      std::istringstream(line.substr(4)) >> value;
      kilobytes += value;
    }
  }
  return kilobytes * 1'024;
}

bool ProcessProbe::alive() const {
  for (const pid_t pid : roots_) {
    if (!std::filesystem::exists(fmt::format("/proc/{}", pid))) return false;
  }
  return true;
}

std::chrono::nanoseconds own_cpu() { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace vestnik::bench
