// The configuration of a room and its end (XEP-0045 §10.1, §10.2, §10.9).
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/rooms/iq.h"
#include "shard/rooms/messages.h"
#include "shard/rooms/presence.h"

namespace vestnik::rooms {
namespace {

using enum StanzaCondition;
using muc::Affiliation;

constexpr int kConfigChanged = 104;
constexpr int kNowNonAnonymous = 172;
constexpr int kNowSemiAnonymous = 173;

std::vector<Jid> users_of(const Room& room, Affiliation affiliation) {
  std::vector<Jid> users;
  for (const auto& [user, affiliate] : room.affiliates()) {
    if (affiliate.affiliation == affiliation) users.push_back(user);
  }
  return users;
}

muc::RoomForm form_of(const Room& room) {
  return {.config = room.config(),
          .admins = users_of(room, Affiliation::admin),
          .owners = users_of(room, Affiliation::owner)};
}

void send_form(Room& room, const Stanza& iq) {
  std::string xml;
  xml::Writer writer(xml);
  writer.open("query", muc::kOwner);
  muc::write_config_form(writer, form_of(room), room.bounds());
  writer.close();
  answer(room, iq, xml);
}

// Who is on a list no more has no affiliation, unless the other list says otherwise.
void change_lists(Room& room, const muc::RoomForm& before, const muc::RoomForm& after) {
  const auto has = [](const std::vector<Jid>& list, const Jid& user) {
    return std::ranges::find(list, user) != list.end();
  };
  for (const auto* list : {&*before.owners, &*before.admins}) {
    for (const Jid& user : *list) {
      if (!has(*after.owners, user) && !has(*after.admins, user))
        change_affiliation(room, user, Affiliation::none, {}, {}, {});
    }
  }
  for (const Jid& user : *after.owners) {
    if (!has(*before.owners, user)) change_affiliation(room, user, Affiliation::owner, {}, {}, {});
  }
  for (const Jid& user : *after.admins) {
    if (!has(*before.admins, user) && !has(*after.owners, user))
      change_affiliation(room, user, Affiliation::admin, {}, {}, {});
  }
}

// §10.2.1
std::vector<int> codes_of_change(const muc::RoomConfig& before, const muc::RoomConfig& after) {
  std::vector<int> codes;
  if (before.non_anonymous != after.non_anonymous)
    codes.push_back(after.non_anonymous ? kNowNonAnonymous : kNowSemiAnonymous);
  muc::RoomConfig rest = after;
  rest.non_anonymous = before.non_anonymous;
  if (rest != before) codes.push_back(kConfigChanged);
  return codes;
}

void configure(Room& room, const Stanza& iq, xml::Element x) {
  const muc::RoomForm before = form_of(room);
  const auto after = muc::apply_config_form(x, before, room.bounds());
  if (!after) return room.shard().bounce(iq, after.error().condition, after.error().text);
  const bool was_locked = room.is_locked();
  room.unlock();
  room.set_config(after->config);
  room.answer_when_stored(iq.clone());
  change_lists(room, before, *after);
  if (after->config.members_only && !before.config.members_only) remove_strangers(room);
  const auto codes = codes_of_change(before.config, after->config);
  if (!was_locked && !codes.empty()) send_status(room, codes);
}

// Of a new room: there shall be none. Later: everything stays as it is.
void cancel(Room& room, const Stanza& iq) {
  answer(room, iq);
  if (!room.is_locked()) return;
  empty(room, "<destroy/>", {});
  room.set_destroyed();
}

void destroy(Room& room, const Stanza& iq, xml::Element wish) {
  std::string destroyed;
  xml::Writer writer(destroyed);
  writer.open("destroy");
  if (const auto jid = wish.attr("jid")) {
    const auto venue = Jid::parse(*jid);
    if (!venue) return room.shard().bounce(iq, jid_malformed, "the other venue's address is malformed");
    writer.attr("jid", venue->full());
  }
  for (const std::string_view name : {"password", "reason"}) {
    const std::string text = wish.child(name).text();
    if (text.size() > room.bounds().text_bytes) return room.shard().bounce(iq, not_acceptable);
    if (!text.empty()) writer.leaf(name, text);
  }
  writer.close();
  room.answer_when_stored(iq.clone());
  empty(room, destroyed, {});
  room.set_destroyed();
}

}  // namespace

void on_owner_request(Room& room, const Stanza& iq, xml::Element query) {
  if (room.affiliation(iq.from()) != Affiliation::owner)
    return room.shard().bounce(iq, forbidden, "only owners may do this");
  if (iq.type() == StanzaType::get) return send_form(room, iq);
  if (const xml::Element wish = query.child("destroy")) return destroy(room, iq, wish);
  const xml::Element x = query.child("x", ns::kDataForms);
  const std::string_view type = x ? x.attr_or_empty("type") : "";
  if (type == "submit") return configure(room, iq, x);
  if (type == "cancel") return cancel(room, iq);
  room.shard().bounce(iq, bad_request, "a form is submitted or cancelled");
}

}  // namespace vestnik::rooms
