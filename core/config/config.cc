#include "core/config/config.h"

#include <algorithm>
#include <thread>

namespace vestnik {

std::uint32_t ServerConfig::worker_count() const {
  return workers != 0 ? workers : std::max(1U, std::thread::hardware_concurrency());
}

const HostConfig* Config::host(std::string_view name) const {
  const auto found = std::ranges::find(hosts, name, &HostConfig::name);
  return found == hosts.end() ? nullptr : &*found;
}

bool Config::feature_enabled(std::string_view name) const {
  const auto found = features.find(name);
  return found != features.end() && found->second.enabled;
}

}  // namespace vestnik
