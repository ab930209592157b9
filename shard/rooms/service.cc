// The domain of a room service: what it is and which rooms it has (XEP-0045 §6.1-6.3).
#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "proto/stanza/reply.h"
#include "proto/xep/rsm.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/rooms/iq.h"
#include "shard/rooms/room.h"
#include "shard/rooms/room_table.h"

namespace vestnik {
namespace {

constexpr std::string_view kDiscoItems = "http://jabber.org/protocol/disco#items";
constexpr std::string_view kUnique = "http://jabber.org/protocol/muc#unique";
constexpr std::size_t kPage = 100;

std::string service_info() {
  std::string xml;
  xml::Writer writer(xml);
  writer.open("query", ns::kDiscoInfo);
  writer.open("identity").attr("category", "conference").attr("type", "text").attr("name", "Rooms").close();
  for (const auto feature : rooms::common_features()) writer.open("feature").attr("var", feature).close();
  for (const std::string_view feature : {kUnique, std::string_view("http://jabber.org/protocol/rsm")})
    writer.open("feature").attr("var", feature).close();
  writer.close();
  return xml;
}

}  // namespace

void RoomTable::list(ServiceListing listing) {
  Listing& rooms = listings_[std::string(listing.address.domain())];
  if (listing.listed) {
    rooms.insert_or_assign(listing.address.full(), std::move(listing.name));
  } else {
    rooms.erase(listing.address.full());
  }
}

void RoomTable::deliver_to_service(Stanza stanza) {
  if (stanza.is_presence()) return;  // a service has none
  if (!stanza.is_iq() || !stanza.is_request() || !stanza.to().is_bare())
    return shard_.bounce(stanza, StanzaCondition::service_unavailable);
  const DocumentLease tree(shard_, stanza.wire());
  answer_for_service(stanza, tree.root().first_child());
}

void RoomTable::answer_for_service(const Stanza& iq, xml::Element payload) {
  if (iq.type() == StanzaType::get) {
    const bool has_node = !payload.attr_or_empty("node").empty();
    if (has_node && (payload.is("query", ns::kDiscoInfo) || payload.is("query", kDiscoItems)))
      return shard_.bounce(iq, StanzaCondition::item_not_found);
    if (payload.is("query", ns::kDiscoInfo)) return shard_.route(make_result(iq, service_info()));
    if (payload.is("query", kDiscoItems)) return tell_service_items(iq, payload);
    if (payload.is("ping", "urn:xmpp:ping")) return shard_.route(make_result(iq));
    if (payload.is("unique", kUnique)) {
      std::string xml;
      xml::Writer(xml).leaf("unique", shard_.new_id(), kUnique);
      return shard_.route(make_result(iq, xml));
    }
  }
  shard_.bounce(iq, StanzaCondition::service_unavailable);
}

// §6.3, page by page (XEP-0059).
void RoomTable::tell_service_items(const Stanza& iq, xml::Element query) {
  const auto asked = rsm::parse(query);
  if (!asked) return shard_.bounce(iq, asked.error().condition, asked.error().text);
  const Listing& rooms = listings_[std::string(iq.to().bare())];
  const std::size_t most = std::min<std::size_t>(asked->max.value_or(kPage), kPage);
  const auto end = asked->before && !asked->before->empty() ? rooms.lower_bound(*asked->before) : rooms.end();
  auto at = asked->after ? rooms.upper_bound(*asked->after) : rooms.begin();
  if (asked->before) {
    const auto there = static_cast<std::size_t>(std::distance(rooms.begin(), end));
    at = there > most ? std::prev(end, static_cast<std::ptrdiff_t>(most)) : rooms.begin();
  }
  std::string xml;
  xml::Writer writer(xml);
  writer.open("query", kDiscoItems);
  std::string first, last;
  for (std::size_t count = 0; at != end && count < most; ++at, ++count) {
    if (first.empty()) first = at->first;
    last = at->first;
    writer.open("item").attr("jid", at->first).attr_if("name", at->second).close();
  }
  if (rooms.size() > most || asked->max || asked->after || asked->before)
    rsm::write(writer, first, last, rooms.size());
  writer.close();
  shard_.route(make_result(iq, xml));
}

}  // namespace vestnik
