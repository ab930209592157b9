#include "shard/component/privileges.h"

#include <algorithm>
#include <vector>

#include "proto/xml/ns.h"
#include "proto/xml/writer.h"

namespace vestnik::privileges {
namespace {

bool is_listed(const Config& config, std::string_view option, std::string_view component) {
  const auto feature = config.features.find("privileges");
  if (feature == config.features.end() || !feature->second.enabled) return false;
  const auto& components = feature->second.get<std::vector<std::string>>(option);
  return std::ranges::find(components, component) != components.end();
}

}  // namespace

bool has_rosters(const Config& config, std::string_view component) {
  return is_listed(config, "roster", component);
}

bool has_messages(const Config& config, std::string_view component) {
  return is_listed(config, "messages", component);
}

std::string announcement(const Config& config, std::string_view component) {
  const bool rosters = has_rosters(config, component);
  const bool messages = has_messages(config, component);
  std::string xml;
  if (!rosters && !messages) return xml;
  xml::Writer writer(xml);
  writer.open("privilege", kNs);
  if (rosters)
    writer.open("perm").attr("access", "roster").attr("type", "both").attr("push", "false").close();
  if (messages) writer.open("perm").attr("access", "message").attr("type", "outgoing").close();
  writer.close();
  return xml;
}

Result<Stanza, std::string> unwrap(xml::Element carrier, std::string_view host) {
  const xml::Element inner =
      carrier.child("privilege", kNs).child("forwarded", "urn:xmpp:forward:0").child("message", ns::kClient);
  if (!inner) return Err(std::string("there is no forwarded message of a client"));
  std::string copy;
  xml::Writer(copy).copy_unprefixed(inner);
  auto stanza = Stanza::from_xml(copy, {}, {});
  if (!stanza) return Err(std::string("the forwarded message cannot be read"));
  const JidView from = stanza->from();
  if (from.domain() != host || !from.is_bare()) {
    return Err(
        std::string("the forwarded message is from nobody who has an account here, or from one client"));
  }
  if (stanza->to().empty()) return Err(std::string("the forwarded message is to nobody"));
  return *std::move(stanza);
}

}  // namespace vestnik::privileges
