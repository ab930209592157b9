// XEP-0114: the components of the configuration among the items of their hosts. Their streams are in
// shard/component.
#include <algorithm>

#include "proto/xml/writer.h"
#include "shard/features/list.h"
#include "shard/shard.h"

namespace vestnik::features {
namespace {

bool is_below(std::string_view domain, std::string_view host) {
  return domain.size() > host.size() && domain.ends_with(host) &&
         domain[domain.size() - host.size() - 1] == '.';
}

// A component is an item of the host whose subdomain it is, or of every host if it is of none.
void list_components(const Config& config, const HostConfig& host, std::string& xml) {
  xml::Writer writer(xml);
  for (const ComponentConfig& component : config.component_list) {
    const auto above = [&](const HostConfig& one) { return is_below(component.name, one.name); };
    if (!above(host) && std::ranges::any_of(config.hosts, above)) continue;
    writer.open("item").attr("jid", component.name).close();
  }
}

}  // namespace

Feature make_components(Shard& shard) {
  Feature feature{.name = "components", .xeps = {"XEP-0114"}};
  feature.hooks.host_items = {{0, [&shard](const HostConfig& host, std::string& xml) {
                                 list_components(shard.config(), host, xml);
                               }}};
  return feature;
}

}  // namespace vestnik::features
