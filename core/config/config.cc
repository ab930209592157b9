#include "core/config/config.h"

#include <algorithm>
#include <thread>

namespace vestnik {

std::uint32_t ServerConfig::worker_count() const {
  return workers != 0 ? workers : std::max(1U, std::thread::hardware_concurrency());
}

std::string_view to_string(IqAccess access) {
  switch (access) {
    case IqAccess::none: return "none";
    case IqAccess::get: return "get";
    case IqAccess::set: return "set";
    case IqAccess::both: return "both";
  }
  return "";
}

const HostConfig* Config::host(std::string_view name) const {
  const auto found = std::ranges::find(hosts, name, &HostConfig::name);
  return found == hosts.end() ? nullptr : &*found;
}

const ComponentConfig* Config::component(std::string_view name) const {
  const auto found = std::ranges::find(component_list, name, &ComponentConfig::name);
  return found == component_list.end() ? nullptr : &*found;
}

const ServiceConfig* Config::service(std::string_view domain) const {
  const auto found = std::ranges::lower_bound(services, domain, {}, &ServiceConfig::domain);
  return found == services.end() || found->domain != domain ? nullptr : &*found;
}

bool Config::feature_enabled(std::string_view name) const {
  const auto found = features.find(name);
  return found != features.end() && found->second.enabled;
}

S2sPolicy S2sConfig::policy_of(std::string_view domain) const {
  if (std::ranges::find(blocked, domain) != blocked.end()) return S2sPolicy::blocked;
  if (std::ranges::find(secure, domain) != secure.end()) return S2sPolicy::secure;
  if (std::ranges::find(dialback, domain) != dialback.end()) return S2sPolicy::dialback;
  return policy;
}

}  // namespace vestnik
