#include "core/config/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace vestnik::config {
namespace {

void check_hosts(const Config& config, std::vector<std::string>& faults) {
  if (config.hosts.empty()) faults.emplace_back("there is no [[host]]; name the domain to serve");
  std::set<std::string_view> names;
  for (const HostConfig& host : config.hosts) {
    if (!names.insert(host.name).second)
      faults.push_back(fmt::format("the host {} is there twice", host.name));
    if (host.certificate.empty() != host.key.empty()) {
      faults.push_back(fmt::format("host {}: certificate and key belong together", host.name));
    } else if (host.certificate.empty() && config.tls.certificate.empty()) {
      faults.push_back(
          fmt::format("host {}: there is no certificate, neither its own nor one in [tls]", host.name));
    }
  }
  if (config.tls.certificate.empty() != config.tls.key.empty()) {
    faults.emplace_back("tls: certificate and key belong together");
  }
}

void check_groups(const HostConfig& host, std::vector<std::string>& faults) {
  std::set<std::string_view> names;
  for (const SharedGroup& group : host.groups) {
    if (!names.insert(group.name).second) {
      faults.push_back(fmt::format("host {}: the group \"{}\" is there twice", host.name, group.name));
    }
    if (!group.everyone && group.members.empty()) {
      faults.push_back(fmt::format("host {}: the group \"{}\" has no members", host.name, group.name));
    }
  }
}

void check_delegations(const std::vector<ComponentConfig>& components, std::vector<std::string>& faults) {
  std::set<std::string_view> namespaces;
  for (const ComponentConfig& component : components) {
    for (const Delegation& delegation : component.delegated) {
      if (namespaces.insert(delegation.ns).second) continue;
      faults.push_back(fmt::format("component {}: {} is delegated twice", component.name, delegation.ns));
    }
  }
}

void check_components(const Config& config, std::vector<std::string>& faults) {
  std::set<std::string_view> names;
  for (const ComponentConfig& component : config.component_list) {
    if (!names.insert(component.name).second) {
      faults.push_back(fmt::format("the component {} is there twice", component.name));
    }
    if (config.host(component.name) != nullptr) {
      faults.push_back(fmt::format("{} cannot be a host and a component", component.name));
    }
  }
  check_delegations(config.component_list, faults);
}

void check_limits(const LimitsConfig& limits, std::vector<std::string>& faults) {
  const QueueMarks& mailbox = limits.mailbox;
  if (mailbox.low >= mailbox.soft || mailbox.soft >= mailbox.hard) {
    faults.emplace_back("limits: mailbox_low, mailbox_soft and mailbox_hard must grow in this order");
  }
  if (limits.c2s_xml.element_bytes >= limits.outbox_hard) {
    faults.emplace_back("limits: outbox_hard must be more than one stanza (c2s_stanza_bytes)");
  }
}

void check_storage(const StorageConfig& storage, std::vector<std::string>& faults) {
  const bool postgresql =
      storage.path.starts_with("postgresql://") || storage.path.starts_with("postgres://");
  if (storage.path.contains("://") && !postgresql)
    faults.emplace_back("storage: path is a file or begins with postgresql://");
}

void check_ports(const Config& config, std::vector<std::string>& faults) {
  std::vector<std::uint16_t> ports{config.c2s.starttls_port, config.c2s.direct_tls_port};
  if (config.s2s.enabled) ports.insert(ports.end(), {config.s2s.starttls_port, config.s2s.direct_tls_port});
  if (!config.component_list.empty()) {
    ports.insert(ports.end(), {config.components.port, config.components.tls_port});
  }
  ports.insert(ports.end(), {config.http.port, config.http.tls_port});
  std::erase(ports, 0);
  std::ranges::sort(ports);
  if (const auto twice = std::ranges::adjacent_find(ports); twice != ports.end()) {
    faults.push_back(fmt::format("port {} is used twice", *twice));
  }
}

}  // namespace

std::vector<std::string> contradictions(const Config& config) {
  std::vector<std::string> faults;
  check_hosts(config, faults);
  for (const HostConfig& host : config.hosts) check_groups(host, faults);
  check_components(config, faults);
  check_limits(config.limits, faults);
  check_storage(config.storage, faults);
  check_ports(config, faults);
  return faults;
}

}  // namespace vestnik::config
