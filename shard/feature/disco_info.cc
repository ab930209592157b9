#include "shard/feature/disco_info.h"

#include "proto/xml/writer.h"

namespace vestnik {

std::string disco_info(const FeatureSet& features, const HostConfig& host, Scope scope) {
  DiscoContent content;
  for (const Feature& feature : features.features()) {
    for (const auto& one : feature.identities) {
      if (includes(one.scope, scope)) content.identities.emplace(one.category, one.type, one.name);
    }
    for (const auto& one : feature.disco) {
      if (includes(one.scope, scope)) content.vars.insert(one.var);
    }
  }
  if (scope == Scope::host) {
    for (const auto& hook : features.hooks().host_forms) hook.call(host, content.forms);
  }
  for (const auto& hook : features.hooks().disco) hook.call(scope, content);
  std::string xml;
  xml::Writer w(xml);
  for (const auto& [category, type, name] : content.identities) {
    w.open("identity").attr("category", category).attr("type", type).attr_if("name", name).close();
  }
  for (const auto var : content.vars) w.open("feature").attr("var", var).close();
  w.raw(content.forms);
  return xml;
}

}  // namespace vestnik
