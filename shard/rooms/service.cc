// The domain of a room service: what it is and which rooms it has (XEP-0045 §6.1-6.3).
#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "proto/stanza/reply.h"
#include "proto/xep/rsm.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/feature/iq_request.h"
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

std::string items_page(const std::map<std::string, std::string, std::less<>>& rooms, std::uint64_t count,
                       const rsm::Request& asked) {
  std::string xml;
  xml::Writer writer(xml);
  writer.open("query", kDiscoItems);
  for (const auto& [address, name] : rooms)
    writer.open("item").attr("jid", address).attr_if("name", name).close();
  if (rooms.size() < count || asked.max || asked.after || asked.before) {
    const std::string_view first = rooms.empty() ? std::string_view{} : rooms.begin()->first;
    const std::string_view last = rooms.empty() ? std::string_view{} : rooms.rbegin()->first;
    rsm::write(writer, first, last, count);
  }
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

// Those whose names follow `after` or precede `before`.
RoomTable::Listing RoomTable::temporary_rooms(std::string_view service, const rsm::Request& asked) const {
  const auto known = listings_.find(service);
  if (known == listings_.end()) return {};
  const Listing& all = known->second;
  const auto first = asked.after ? all.upper_bound(*asked.after) : all.begin();
  const auto last = asked.before && !asked.before->empty() ? all.lower_bound(*asked.before) : all.end();
  const bool none = first != all.end() && last != all.end() && last->first < first->first;
  return none ? Listing{} : Listing(first, last);
}

// §6.3, page by page (XEP-0059): those that are stored, which the store knows, and those that are not.
void RoomTable::tell_service_items(const Stanza& iq, xml::Element query) {
  const auto asked = rsm::parse(query);
  if (!asked) return shard_.bounce(iq, asked.error().condition, asked.error().text);
  const std::size_t most = std::min<std::size_t>(asked->max.value_or(kPage), kPage);
  const std::string service(iq.to().bare());
  struct Page {
    std::vector<storage::RoomSummary> rooms;
    std::uint64_t count = 0;
  };
  shard_.read_after(
      storage::kNoWrite,
      [service, most, asked = *asked](storage::Stores& stores) {
        storage::RoomStore& rooms = stores.rooms();
        return Page{.rooms = asked.before ? rooms.list_before(service, *asked.before, most)
                                          : rooms.list_after(service, asked.after.value_or(""), most),
                    .count = rooms.count(service)};
      },
      [this, service, most, asked = *asked,
       reply = IqReply(shard_, iq.clone())](Result<Page, storage::Error> page) mutable {
        if (!page) return reply.error(Shard::condition_of(page.error()));
        Listing rooms = temporary_rooms(service, asked);
        const std::uint64_t count = page->count + listings_[service].size();
        for (auto& stored : page->rooms)
          rooms.insert_or_assign(std::move(stored.jid), std::move(stored.name));
        const auto surplus = static_cast<std::ptrdiff_t>(rooms.size() - std::min(rooms.size(), most));
        if (asked.before) {
          rooms.erase(rooms.begin(), std::next(rooms.begin(), surplus));
        } else {
          rooms.erase(std::prev(rooms.end(), surplus), rooms.end());
        }
        reply.result(items_page(rooms, count, asked));
      });
}

}  // namespace vestnik
