#include "proto/pubsub/event.h"

#include "proto/pubsub/ns.h"
#include "proto/xml/writer.h"

namespace vestnik::pubsub {
namespace {

// An event about a node: `<event><name node='…'>` and what `content` writes into that.
template <typename Content>
std::string event(std::string_view name, std::string_view node, Content content) {
  std::string xml;
  xml::Writer writer(xml);
  writer.open("event", kEvent).open(name).attr("node", node);
  content(writer);
  writer.close().close();
  return xml;
}

}  // namespace

std::string published_event(std::string_view node, std::string_view id, std::string_view payload) {
  return event("items", node, [&](xml::Writer& writer) {
    writer.open("item").attr_if("id", id);
    if (!payload.empty()) writer.raw(payload);
    writer.close();
  });
}

std::string retracted_event(std::string_view node, std::string_view id) {
  return event("items", node, [&](xml::Writer& writer) { writer.open("retract").attr("id", id).close(); });
}

std::string deleted_event(std::string_view node, std::string_view redirect) {
  return event("delete", node, [&](xml::Writer& writer) {
    if (!redirect.empty()) writer.open("redirect").attr("uri", redirect).close();
  });
}

std::string purged_event(std::string_view node) {
  return event("purge", node, [](xml::Writer&) {});
}

std::string configured_event(std::string_view node, const NodeConfig* config) {
  return event("configuration", node, [&](xml::Writer& writer) {
    if (config != nullptr) write_config_result(writer, *config);
  });
}

std::string subscription_event(std::string_view node, std::string_view jid, Subscription state) {
  return event("subscription", node,
               [&](xml::Writer& writer) { writer.attr("jid", jid).attr("subscription", to_string(state)); });
}

}  // namespace vestnik::pubsub
