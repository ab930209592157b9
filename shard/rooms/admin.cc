// The lists of a room and who may change them (XEP-0045 §7.11, §8, §9, §10.3-10.8).
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "proto/xml/writer.h"
#include "shard/rooms/iq.h"
#include "shard/rooms/presence.h"

namespace vestnik::rooms {
namespace {

using enum StanzaCondition;
using muc::Affiliation;
using muc::Role;

constexpr int kKicked = 307;

muc::Standing standing_of(const Room& room, JidView user) {
  const Occupant* occupant = room.by_session(user.full());
  return {.affiliation = room.affiliation(user), .role = occupant != nullptr ? occupant->role : Role::none};
}

// The lists name real addresses: not to those who may not see them.
bool may_read(const Room& room, const muc::Standing& asker, Affiliation list) {
  if (asker.affiliation >= Affiliation::admin) return true;
  if (list < Affiliation::member || !room.config().non_anonymous) return false;
  if (room.config().members_only && asker.affiliation == Affiliation::member) return true;
  return asker.role != Role::none && room.config().lists_for.has(asker.role);
}

std::string nick_of(const Room& room, const Jid& user, const RoomAffiliate& affiliate) {
  if (!affiliate.nick.empty()) return affiliate.nick;
  const auto is_it = [&](const auto& entry) { return entry.second->user == user; };
  const auto found = std::ranges::find_if(room.occupants(), is_it);
  return found == room.occupants().end() ? std::string() : found->first;
}

void list_affiliates(Room& room, const Stanza& iq, Affiliation affiliation) {
  if (!may_read(room, standing_of(room, iq.from()), affiliation))
    return room.shard().bounce(iq, forbidden, "this list is not for you");
  std::string xml;
  xml::Writer writer(xml);
  writer.open("query", muc::kAdmin);
  for (const auto& [user, affiliate] : room.affiliates()) {
    if (affiliate.affiliation != affiliation) continue;
    writer.open("item").attr("affiliation", muc::to_string(affiliation)).attr("jid", user.full());
    if (affiliation != Affiliation::outcast) writer.attr_if("nick", nick_of(room, user, affiliate));
    if (!affiliate.reason.empty()) writer.leaf("reason", affiliate.reason);
    writer.close();
  }
  writer.close();
  answer(room, iq, xml);
}

// §8.5, §9.8
void list_occupants(Room& room, const Stanza& iq, Role role) {
  const muc::Standing asker = standing_of(room, iq.from());
  const bool may =
      asker.affiliation >= Affiliation::admin || (asker.role == Role::moderator && role != Role::moderator);
  if (!may) return room.shard().bounce(iq, forbidden, "this list is not for you");
  std::string xml;
  xml::Writer writer(xml);
  writer.open("query", muc::kAdmin);
  for (const auto& [nick, occupant] : room.occupants()) {
    if (occupant->role != role) continue;
    writer.open("item").attr("affiliation", muc::to_string(room.affiliation(occupant->user)));
    writer.attr("jid", occupant->sessions.front().full()).attr("nick", nick);
    writer.attr("role", muc::to_string(role)).close();
  }
  writer.close();
  answer(room, iq, xml);
}

void tell_list(Room& room, const Stanza& iq, xml::Element query) {
  const xml::Element item = query.child("item");
  const auto affiliation = muc::parse_affiliation(item ? item.attr_or_empty("affiliation") : "");
  const auto role = muc::parse_role(item ? item.attr_or_empty("role") : "");
  if (affiliation.has_value() == role.has_value() || item.next())
    return room.shard().bounce(iq, bad_request, "one list is asked for at a time");
  affiliation ? list_affiliates(room, iq, *affiliation) : list_occupants(room, iq, *role);
}

// One change that a request wants, understood and found to be allowed.
struct Change {
  Jid user;          ///< bare; of an affiliation
  std::string nick;  ///< of a role; or to be reserved
  std::optional<Affiliation> affiliation;
  Role role = Role::none;
  std::string reason;
};

Result<Change, StanzaReject> refuse(StanzaCondition condition, std::string text) {
  return Err(StanzaReject{condition, std::move(text)});
}

Result<Change, StanzaReject> read_affiliation(const Room& room, const muc::Standing& actor, xml::Element item,
                                              Change change) {
  const auto affiliation = muc::parse_affiliation(item.attr_or_empty("affiliation"));
  if (!affiliation) return refuse(bad_request, "there is no such affiliation");
  if (const auto jid = item.attr("jid")) {
    const auto parsed = Jid::parse(*jid);
    if (!parsed) return refuse(jid_malformed, "an address is malformed");
    change.user = parsed->to_bare();
  } else if (const Occupant* occupant = room.by_nick(change.nick)) {
    change.user = occupant->user;
    change.nick.clear();  // names the user, reserves nothing
  } else {
    return refuse(item_not_found, "nobody here has this nickname");
  }
  if (!change.user.has_local() && *affiliation > Affiliation::none)
    return refuse(not_acceptable, "a whole domain can be banned only");
  if (const auto why =
          muc::refuse_affiliation(actor.affiliation, room.affiliation(change.user), *affiliation))
    return refuse(*why, "your affiliation does not allow this");
  if (!change.nick.empty() && room.is_reserved_from(change.nick, change.user))
    return refuse(conflict, "the nickname is reserved for somebody else");
  change.affiliation = affiliation;
  return change;
}

Result<Change, StanzaReject> read_role(const Room& room, const muc::Standing& actor, xml::Element item,
                                       Change change) {
  const auto role = muc::parse_role(item.attr_or_empty("role"));
  const Occupant* occupant = room.by_nick(change.nick);
  if (!role || change.nick.empty()) return refuse(bad_request, "a nickname and a role are needed");
  if (occupant == nullptr) return refuse(item_not_found, "nobody here has this nickname");
  const muc::Standing target{.affiliation = room.affiliation(occupant->user), .role = occupant->role};
  if (const auto why = muc::refuse_role(actor, target, *role))
    return refuse(*why, "your role does not allow this");
  change.role = *role;
  return change;
}

Result<Change, StanzaReject> read_change(const Room& room, const muc::Standing& actor, xml::Element item) {
  const bool has_role = item.attr("role").has_value();
  if (has_role == item.attr("affiliation").has_value())
    return refuse(bad_request, "a role or an affiliation is changed, not both");
  Change change;
  change.reason = item.child("reason").text();
  if (change.reason.size() > room.bounds().text_bytes)
    return refuse(not_acceptable, "the reason is too long");
  if (const auto nick = item.attr("nick"); nick && !nick->empty()) {
    auto prepared = prepare_resource(*nick);
    if (!prepared || prepared->size() > room.bounds().name_bytes)
      return refuse(jid_malformed, "that is no nickname");
    change.nick = *std::move(prepared);
  }
  return has_role ? read_role(room, actor, item, std::move(change))
                  : read_affiliation(room, actor, item, std::move(change));
}

// §10.6: a room has an owner.
bool leaves_no_owner(const Room& room, const std::vector<Change>& changes) {
  std::size_t owners = room.owner_count();
  for (const Change& change : changes) {
    if (!change.affiliation) continue;
    const bool was = room.affiliation(change.user) == Affiliation::owner;
    const bool is = change.affiliation == Affiliation::owner;
    if (was && !is) --owners;
    if (!was && is) ++owners;
  }
  return owners == 0;
}

bool has_too_many(const Room& room, const std::vector<Change>& changes) {
  return room.affiliates().size() + changes.size() > room.option<std::uint32_t>("affiliations");
}

void carry_out(Room& room, const Change& change, std::string_view actor) {
  if (change.affiliation)
    return change_affiliation(room, change.user, *change.affiliation, change.nick, actor, change.reason);
  Occupant* occupant = room.by_nick(change.nick);
  if (occupant == nullptr) return;  // an earlier one of the same request has thrown it out
  if (change.role == Role::none) {
    return remove_occupant(room, *occupant, {.codes = {kKicked}, .actor = actor, .reason = change.reason});
  }
  room.set_role(*occupant, change.role);
  announce_change(room, *occupant, {.actor = actor, .reason = change.reason});
}

// All of a request or nothing.
void carry_out_request(Room& room, const Stanza& iq, xml::Element query) {
  Shard& shard = room.shard();
  const muc::Standing actor = standing_of(room, iq.from());
  std::vector<Change> changes;
  for (const xml::Element item : query.children()) {
    if (item.name() != "item") continue;
    auto wanted = read_change(room, actor, item);
    if (!wanted) return shard.bounce(iq, wanted.error().condition, wanted.error().text);
    changes.push_back(*std::move(wanted));
  }
  if (changes.empty()) return shard.bounce(iq, bad_request, "nothing is to be changed");
  if (leaves_no_owner(room, changes)) return shard.bounce(iq, conflict, "a room has an owner");
  if (has_too_many(room, changes)) return shard.bounce(iq, resource_constraint, "the room's lists are full");
  const Occupant* occupant = room.by_session(iq.from().full());
  const std::string by = occupant != nullptr ? std::string(occupant->nick()) : std::string();
  room.answer_when_stored(iq.clone());
  for (const Change& one : changes) carry_out(room, one, by);
}

}  // namespace

void on_admin_request(Room& room, const Stanza& iq, xml::Element query) {
  iq.type() == StanzaType::set ? carry_out_request(room, iq, query) : tell_list(room, iq, query);
}

}  // namespace vestnik::rooms
