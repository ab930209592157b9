// XEP-0045: shows the room service of a host among what the host has. The rooms are in shard/rooms.
#include "proto/xml/writer.h"
#include "shard/features/list.h"
#include "shard/shard.h"

namespace vestnik::features {
namespace {

void list_service(const Config& config, const HostConfig& host, std::string& xml) {
  for (const ServiceConfig& service : config.services) {
    if (service.feature != "muc" || service.host != host.name) continue;
    xml::Writer(xml).open("item").attr("jid", service.domain).attr("name", "Rooms").close();
  }
}

}  // namespace

Feature make_muc(Shard& shard) {
  Feature feature{.name = "muc", .xeps = {"XEP-0045", "XEP-0249", "XEP-0410", "XEP-0421"}};
  feature.hooks.host_items = {
      {0, [&shard](const HostConfig& host, std::string& xml) { list_service(shard.config(), host, xml); }}};
  return feature;
}

}  // namespace vestnik::features
