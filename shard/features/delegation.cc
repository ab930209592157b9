// XEP-0355: requests that components answer instead of this server (shard/component/delegations.h).
#include <algorithm>

#include "shard/component/delegations.h"
#include "shard/features/list.h"
#include "shard/shard.h"

namespace vestnik::features {

Feature make_delegation(Shard& shard) {
  Feature feature{.name = "delegation", .xeps = {"XEP-0355"}, .disco = {{Scope::host, Delegations::kNs}}};
  const auto delegates = [](const ComponentConfig& component) { return !component.delegated.empty(); };
  if (std::ranges::none_of(shard.config().component_list, delegates)) return feature;
  feature.hooks.request = {
      {0, [&shard](Account* account, const HostConfig& host, const Stanza& request, xml::Element payload) {
         return shard.delegations().forward(account, host, request, payload);
       }}};
  // Behind all that say what this server itself can do.
  feature.hooks.disco = {
      {100, [&shard](Scope scope, DiscoContent& content) { shard.delegations().nest(scope, content); }}};
  return feature;
}

}  // namespace vestnik::features
