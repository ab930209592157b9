#include "core/config/config.h"

#include <algorithm>

namespace vestnik {

const HostConfig* Config::host(std::string_view name) const {
  const auto found = std::ranges::find(hosts, name, &HostConfig::name);
  return found == hosts.end() ? nullptr : &*found;
}

bool Config::feature_enabled(std::string_view name) const {
  const auto found = features.find(name);
  return found != features.end() && found->second.enabled;
}

}  // namespace vestnik
