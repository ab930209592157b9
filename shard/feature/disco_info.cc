#include "shard/feature/disco_info.h"

#include <set>
#include <tuple>

#include "proto/xml/writer.h"

namespace vestnik {

std::string disco_info(const FeatureSet& features, const HostConfig& host, Scope scope) {
  std::set<std::tuple<std::string_view, std::string_view, std::string_view>> identities;
  std::set<std::string_view> vars;
  for (const Feature& feature : features.features()) {
    for (const auto& one : feature.identities) {
      if (includes(one.scope, scope)) identities.emplace(one.category, one.type, one.name);
    }
    for (const auto& one : feature.disco) {
      if (includes(one.scope, scope)) vars.insert(one.var);
    }
  }
  std::string xml;
  xml::Writer w(xml);
  for (const auto& [category, type, name] : identities) {
    w.open("identity").attr("category", category).attr("type", type).attr_if("name", name).close();
  }
  for (const auto var : vars) w.open("feature").attr("var", var).close();
  if (scope == Scope::host) {
    for (const auto& hook : features.hooks().host_forms) hook.call(host, xml);
  }
  return xml;
}

}  // namespace vestnik
