#include "shard/rooms/iq.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "proto/stanza/reply.h"
#include "proto/xep/dataform.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/rooms/presence.h"

namespace vestnik::rooms {
namespace {

constexpr std::string_view kDiscoItems = "http://jabber.org/protocol/disco#items";
constexpr std::string_view kPing = "urn:xmpp:ping";
constexpr std::string_view kVcard = "vcard-temp";
constexpr std::string_view kReservedNick = "x-roomuser-item";
constexpr std::string_view kTraffic = "http://jabber.org/protocol/muc#traffic";

// §6.4
void write_room_info(Room& room, xml::Writer& writer) {
  const muc::RoomConfig& config = room.config();
  std::vector<FormField> fields{{"muc#roominfo_description", {config.description}},
                                {"muc#roominfo_occupants", {std::to_string(room.occupants().size())}},
                                {"muc#roominfo_subject", {room.subject_text()}},
                                {"muc#roominfo_subjectmod", {config.subject_by_all ? "1" : "0"}},
                                {"muc#maxhistoryfetch", {std::to_string(config.history)}},
                                {"muc#roomconfig_roomname", {config.name}}};
  if (!config.language.empty()) fields.push_back({"muc#roominfo_lang", {config.language}});
  if (!config.pubsub.empty()) fields.push_back({"muc#roominfo_pubsub", {config.pubsub}});
  FormField& shown = fields.emplace_back(FormField{"muc#roomconfig_presencebroadcast", {}});
  for (const muc::Role role : {muc::Role::moderator, muc::Role::participant, muc::Role::visitor}) {
    const bool told = !room.is_quiet() || role == muc::Role::moderator;
    if (told && config.presence_of.has(role)) shown.values.emplace_back(muc::to_string(role));
  }
  write_result_form(writer, muc::kRoomInfo, fields);
}

// §7.12
void tell_reserved_nick(Room& room, const Stanza& iq) {
  const RoomAffiliate* affiliate = room.affiliate(iq.from());
  std::string xml;
  xml::Writer writer(xml);
  writer.open("query", ns::kDiscoInfo).attr("node", kReservedNick);
  if (affiliate != nullptr && !affiliate->nick.empty()) {
    writer.open("identity").attr("category", "conference").attr("type", "text");
    writer.attr("name", affiliate->nick).close();
  }
  writer.close();
  answer(room, iq, xml);
}

void tell_info(Room& room, const Stanza& iq, xml::Element query) {
  const std::string_view node = query.attr_or_empty("node");
  if (node == kReservedNick) return tell_reserved_nick(room, iq);
  if (node == kTraffic)  // §17.1.1: all passes
    return room.shard().bounce(iq, StanzaCondition::service_unavailable);
  if (!node.empty()) return room.shard().bounce(iq, StanzaCondition::item_not_found);
  std::string xml;
  xml::Writer writer(xml);
  writer.open("query", ns::kDiscoInfo);
  writer.open("identity").attr("category", "conference").attr("type", "text");
  writer.attr_if("name", room.config().name).close();
  for (const auto feature : common_features()) writer.open("feature").attr("var", feature).close();
  for (const auto feature : muc::room_features(room.config()))
    writer.open("feature").attr("var", feature).close();
  write_room_info(room, writer);
  writer.close();
  answer(room, iq, xml);
}

// §6.5: who is here, to those who are; nothing to others.
void tell_items(Room& room, const Stanza& iq, xml::Element query) {
  if (!query.attr_or_empty("node").empty()) return room.shard().bounce(iq, StanzaCondition::item_not_found);
  std::string xml;
  xml::Writer writer(xml);
  writer.open("query", kDiscoItems);
  if (room.by_session(iq.from().full()) != nullptr) {
    for (const auto& [nick, occupant] : room.occupants())
      writer.open("item").attr("jid", occupant->address.full()).close();
  }
  writer.close();
  answer(room, iq, xml);
}

void pong(Room& room, const Stanza& iq, xml::Element /*ping*/) { answer(room, iq); }

struct Handler {
  std::string_view name;
  std::string_view ns;
  void (*handle)(Room&, const Stanza&, xml::Element);
  bool may_set = false;
};
constexpr std::array kHandlers{
    Handler{"query", ns::kDiscoInfo, tell_info},
    Handler{"query", kDiscoItems, tell_items},
    Handler{"ping", kPing, pong},
    Handler{"query", muc::kAdmin, on_admin_request, true},
    Handler{"query", muc::kOwner, on_owner_request, true},
};

void to_room(Room& room, const Stanza& iq) {
  const DocumentLease tree(room.shard(), iq.wire());
  const xml::Element payload = tree.root().first_child();
  if (!payload || payload.next()) return room.shard().bounce(iq, StanzaCondition::bad_request);
  const bool is_set = iq.type() == StanzaType::set;
  const auto handler = std::ranges::find_if(kHandlers, [&](const Handler& one) {
    return payload.is(one.name, one.ns) && (one.may_set || !is_set);
  });
  if (handler == kHandlers.end()) return room.shard().bounce(iq, StanzaCondition::service_unavailable);
  if (room.is_locked() && room.affiliation(iq.from()) != muc::Affiliation::owner)
    return room.shard().bounce(iq, StanzaCondition::item_not_found, "the room is not open yet");
  handler->handle(room, iq, payload);
}

// Under an id of ours and the asker's address in the room. What an account answers itself, wherever its
// clients are, goes to its bare address.
void pass_on(Room& room, const Stanza& iq, const Occupant& asker, const Occupant& asked,
             xml::Element payload) {
  Shard& shard = room.shard();
  const Jid real = payload.ns() == kVcard ? asked.user : asked.sessions.front();
  std::string id = shard.new_id();
  StanzaHead head = iq.head();
  head.from = asker.address;
  head.to = real;
  head.id = id;
  shard.route(iq.with_head(head));
  const auto given_up = room.forwarded().add(
      std::move(id),
      {.asker = Jid(iq.from()), .asked = real, .addressee = Jid(iq.to()), .id = std::string(iq.id())});
  if (!given_up) return;
  shard.route(make_error(Stanza::make({.kind = StanzaKind::iq,
                                       .type = StanzaType::get,
                                       .from = given_up->asker,
                                       .to = given_up->addressee,
                                       .id = given_up->id},
                                      ""),
                         StanzaCondition::remote_server_timeout, "no answer came"));
}

void to_occupant(Room& room, const Stanza& iq) {
  using enum StanzaCondition;
  Shard& shard = room.shard();
  const Occupant* asker = room.by_session(iq.from().full());
  if (asker == nullptr) return shard.bounce(iq, not_acceptable, "you are not in the room");
  const Occupant* asked = room.by_nick(iq.to().resource());
  if (asked == nullptr) return shard.bounce(iq, item_not_found, "nobody here has this nickname");
  const DocumentLease tree(shard, iq.wire());
  const xml::Element payload = tree.root().first_child();
  // XEP-0410 §4: whether one is still in the room, the room knows.
  if (asked == asker && payload.is("ping", kPing) && iq.type() == StanzaType::get) return answer(room, iq);
  pass_on(room, iq, *asker, *asked, payload);
}

void on_answer(Room& room, const Stanza& iq) {
  if (iq.is_error()) on_error(room, iq);
  auto request = room.forwarded().take(iq.id(), iq.from());
  if (!request) return;
  StanzaHead head = iq.head();
  head.from = request->addressee;
  head.to = request->asker;
  head.id = request->id;
  room.shard().route(iq.with_head(head));
}

}  // namespace

std::span<const std::string_view> common_features() {
  static constexpr std::array kFeatures{
      ns::kDiscoInfo,
      kDiscoItems,
      muc::kMuc,
      std::string_view("http://jabber.org/protocol/muc#stable_id"),
      std::string_view("http://jabber.org/protocol/muc#request"),
      std::string_view("http://jabber.org/protocol/muc#self-ping-optimization"),
      muc::kOccupantId,
      std::string_view("urn:xmpp:sid:0"),
      std::string_view("jabber:x:conference"),
      kPing};
  return kFeatures;
}

void answer(Room& room, const Stanza& iq, std::string_view payload) {
  room.shard().route(make_result(iq, payload));
}

void on_iq(Room& room, Stanza iq) {
  if (!iq.is_request()) return on_answer(room, iq);
  iq.to().is_bare() ? to_room(room, iq) : to_occupant(room, iq);
}

}  // namespace vestnik::rooms
