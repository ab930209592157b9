#include "shard/rooms/presence.h"

#include <algorithm>
#include <array>
#include <utility>

#include "proto/base/crypto.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/rooms/greeting.h"

namespace vestnik::rooms {
namespace {

using muc::Affiliation;
using muc::Role;

enum class Sight : std::uint8_t { open, veiled };

constexpr int kNonAnonymous = 100;
constexpr int kSelf = 110;
constexpr int kCreated = 201;
constexpr int kBanned = 301;
constexpr int kNewNick = 303;
constexpr int kKicked = 307;
constexpr int kNoMember = 321;
constexpr int kNowForMembers = 322;
constexpr int kTechnical = 333;

// An occupant's presence without `to`. Who leaves has no role any more, who changes the nickname has.
Stanza presence_of(const Room& room, const Occupant& occupant, const Announcement& what, Sight sight) {
  const bool goes = what.type == StanzaType::unavailable;
  const bool renamed = !what.nick.empty();
  std::string payload(goes ? what.said : std::string_view(occupant.shown));
  const muc::UserItem item{.affiliation = room.affiliation(occupant.user),
                           .role = goes && !renamed ? Role::none : occupant.role,
                           .jid = sight == Sight::open && !occupant.sessions.empty()
                                      ? std::string_view(occupant.sessions.front().full())
                                      : std::string_view{},
                           .nick = what.nick,
                           .actor = what.actor,
                           .reason = what.reason};
  xml::Writer writer(payload);
  muc::write_user(writer, &item, what.codes, what.destroyed);
  writer.raw(occupant.stamp);
  return Stanza::make({.kind = StanzaKind::presence,
                       .type = what.type,
                       .from = occupant.address,
                       .lang = goes ? std::string_view{} : std::string_view(occupant.lang)},
                      payload);
}

std::shared_ptr<const Stanza> shared(Stanza stanza) {
  return std::make_shared<const Stanza>(std::move(stanza));
}

// To the occupant itself: with its own address and the code that says so.
Stanza own_presence(const Room& room, const Occupant& occupant, Announcement what) {
  what.codes.push_back(kSelf);
  return presence_of(room, occupant, what, Sight::open);
}

// Whether the others are told that the occupant is there (§7.2.2, muc#roomconfig_presencebroadcast).
bool is_shown(const Room& room, const Occupant& occupant) {
  if (!room.config().presence_of.has(occupant.role)) return false;
  return !room.is_quiet() || occupant.role == Role::moderator;
}

void renew(Room& room, Occupant& occupant) {
  occupant.open = shared(presence_of(room, occupant, {}, Sight::open));
  occupant.veiled = shared(presence_of(room, occupant, {}, Sight::veiled));
}

// Available presence to all the others, who may have had it before.
void show_to_others(Room& room, Occupant& occupant, const Announcement& what) {
  occupant.announced = true;
  if (what.codes.empty() && what.actor.empty() && what.reason.empty())
    return room.send_by_sight(occupant.open, occupant.veiled, occupant.sessions);
  room.send_by_sight(shared(presence_of(room, occupant, what, Sight::open)),
                     shared(presence_of(room, occupant, what, Sight::veiled)), occupant.sessions);
}

// With hysteresis: a room that is quiet no longer shows everybody who was not shown.
void look_at_size(Room& room) {
  const std::size_t most = room.option<std::uint32_t>("quiet_above");
  const std::size_t size = room.occupants().size();
  if (!room.is_quiet()) return room.set_quiet(size > most);
  if (size > most / 2) return;
  room.set_quiet(false);
  for (const auto& [nick, occupant] : room.occupants()) {
    if (!occupant->announced && is_shown(room, *occupant)) show_to_others(room, *occupant, {});
  }
}

// What a client's presence says, without what only the room may say (§17.3).
std::string shown_part(xml::Element presence) {
  std::string shown;
  xml::Writer writer(shown);
  for (const xml::Element child : presence.children()) {
    const std::string_view ns = child.ns();
    if (ns == muc::kMuc || ns == muc::kUser || ns == muc::kOccupantId || ns == muc::kHats) continue;
    if (child.is("stanza-id", "urn:xmpp:sid:0")) continue;
    writer.copy(child, ns::kClient);
  }
  return shown;
}

bool has_visible_name(std::string_view nick) { return nick.find_first_not_of(' ') != std::string_view::npos; }

// What is wrong with an occupant's address as a new one; none: nothing.
std::optional<StanzaReject> refuse_nick(const Room& room, const Stanza& presence) {
  using enum StanzaCondition;
  const JidView to = presence.to();
  if (!has_visible_name(to.resource())) return StanzaReject{jid_malformed, "a nickname is needed"};
  if (to.resource().size() > room.bounds().name_bytes)
    return StanzaReject{not_acceptable, "the nickname is too long"};
  const Occupant* other = room.by_nick(to.resource());
  const bool taken = other != nullptr && other->user.full() != presence.from().bare();
  if (taken || room.is_reserved_from(to.resource(), presence.from()))
    return StanzaReject{conflict, "somebody else has this nickname"};
  return std::nullopt;
}

std::optional<StanzaReject> refuse_size(const Room& room, const Stanza& presence) {
  if (presence.payload().size() <= room.option<std::uint64_t>("presence_bytes")) return std::nullopt;
  return StanzaReject{StanzaCondition::not_acceptable, "the presence is too large for a room"};
}

// §7.2.5-7.2.11
std::optional<StanzaReject> refuse_entry(const Room& room, const Stanza& presence, xml::Element x) {
  using enum StanzaCondition;
  const Affiliation affiliation = room.affiliation(presence.from());
  const muc::RoomConfig& config = room.config();
  if (affiliation == Affiliation::outcast) return StanzaReject{forbidden, "you are banned from this room"};
  if (room.is_locked() && affiliation != Affiliation::owner)
    return StanzaReject{item_not_found, "the room is not open yet"};
  if (config.members_only && affiliation < Affiliation::member)
    return StanzaReject{registration_required, "only members may enter"};
  if (config.password_protected && affiliation != Affiliation::owner &&
      !equal_constant_time(x.child("password").text(), config.password))
    return StanzaReject{not_authorized, "a password is needed"};
  if (auto why = refuse_nick(room, presence)) return why;
  const std::uint32_t allowed = room.bounds().max_occupants;
  const std::uint32_t most = config.max_occupants == 0 ? allowed : std::min(config.max_occupants, allowed);
  const bool comes_anew = room.by_nick(presence.to().resource()) == nullptr;
  if (comes_anew && room.occupants().size() >= most && affiliation < Affiliation::admin)
    return StanzaReject{service_unavailable, "the room is full"};
  return refuse_size(room, presence);
}

void take_over(Room& room, Occupant& occupant, const Stanza& presence, xml::Element root) {
  occupant.shown = shown_part(root);
  occupant.lang = presence.lang();
  renew(room, occupant);
}

std::vector<int> entry_codes(const Room& room, bool founded) {
  std::vector<int> codes;
  if (room.config().non_anonymous) codes.push_back(kNonAnonymous);
  if (founded) codes.push_back(kCreated);
  return codes;
}

// §7.1: who is there, that you are there, what was said, what it is about; live messages come behind.
void greet(Room& room, const Occupant& occupant, JidView client, xml::Element x, bool founded) {
  const bool open = room.sees_addresses(occupant);
  for (const auto& [nick, other] : room.occupants()) {
    if (other.get() == &occupant || !(other->announced || is_shown(room, *other))) continue;
    room.shard().route((open ? other->open : other->veiled)->addressed_to(client));
  }
  room.shard().route(
      own_presence(room, occupant, {.codes = entry_codes(room, founded)}).addressed_to(client));
  send_history(room, client, muc::parse_history(x));
  send_subject(room, client);
}

void enter(Room& room, const Stanza& presence, xml::Element root, xml::Element x, bool founded) {
  if (const auto why = refuse_entry(room, presence, x))
    return room.shard().bounce(presence, why->condition, why->text);
  Occupant* occupant = room.by_nick(presence.to().resource());
  const bool is_new = occupant == nullptr;
  if (is_new) {
    occupant = &room.add(Jid(presence.to()), presence.from().to_bare());
    occupant->role = muc::initial_role(room.affiliation(presence.from()), room.config().moderated);
  }
  if (room.by_session(presence.from().full()) == nullptr) room.add_session(*occupant, presence.from());
  take_over(room, *occupant, presence, root);
  look_at_size(room);
  if (is_shown(room, *occupant)) show_to_others(room, *occupant, {});
  greet(room, *occupant, presence.from(), x, founded);
}

// §7.6
void change_nick(Room& room, Occupant& occupant, const Stanza& presence, xml::Element root) {
  auto why = refuse_nick(room, presence);
  if (!why && room.by_nick(presence.to().resource()) != nullptr)
    why = StanzaReject{StanzaCondition::conflict, "another of your clients has this nickname"};
  if (!why) why = refuse_size(room, presence);
  if (why) return room.shard().bounce(presence, why->condition, why->text);
  const bool told = occupant.announced || is_shown(room, occupant);
  const std::string nick(presence.to().resource());
  const Announcement old{.type = StanzaType::unavailable, .codes = {kNewNick}, .nick = nick};
  if (told) {
    room.send_by_sight(shared(presence_of(room, occupant, old, Sight::open)),
                       shared(presence_of(room, occupant, old, Sight::veiled)), occupant.sessions);
  }
  room.send_to(occupant, own_presence(room, occupant, old));
  room.rename(occupant, Jid(presence.to()));
  take_over(room, occupant, presence, root);
  if (told) show_to_others(room, occupant, {});
  room.send_to(occupant, own_presence(room, occupant, {}));
}

// §7.7
void change_presence(Room& room, Occupant& occupant, const Stanza& presence, xml::Element root) {
  if (const auto why = refuse_size(room, presence))
    return room.shard().bounce(presence, why->condition, why->text);
  take_over(room, occupant, presence, root);
  if (occupant.announced || is_shown(room, occupant)) show_to_others(room, occupant, {});
  room.send_to(occupant, own_presence(room, occupant, {}));
}

// Somebody who believes to be in the room is told otherwise (§7.2.17).
void tell_outsider(Room& room, const Stanza& presence) {
  std::string payload;
  xml::Writer writer(payload);
  const muc::UserItem item{.affiliation = room.affiliation(presence.from()),
                           .reason = "You are not in the room."};
  muc::write_user(writer, &item, std::array{kSelf, kKicked, kTechnical});
  room.shard().route(Stanza::make({.kind = StanzaKind::presence,
                                   .type = StanzaType::unavailable,
                                   .from = presence.to(),
                                   .to = presence.from()},
                                  payload));
}

void on_available(Room& room, const Stanza& presence) {
  const DocumentLease tree(room.shard(), presence.wire());
  const xml::Element x = tree.root().child("x", muc::kMuc);
  Occupant* occupant = room.by_session(presence.from().full());
  if (occupant == nullptr)
    return x ? enter(room, presence, tree.root(), x, false) : tell_outsider(room, presence);
  if (!occupant->presences.take(room.shard().reactor().now(), room.option<std::uint32_t>("presence_rate"))) {
    return room.shard().bounce(presence, StanzaCondition::resource_constraint,
                               "too many presence changes; try again in a moment");
  }
  if (occupant->nick() != presence.to().resource())
    return change_nick(room, *occupant, presence, tree.root());
  // §17.3: a client that enters again has lost what it knew.
  x ? enter(room, presence, tree.root(), x, false) : change_presence(room, *occupant, presence, tree.root());
}

// §7.14. One client of several: only itself is told.
void on_unavailable(Room& room, const Stanza& presence) {
  Occupant* occupant = room.by_session(presence.from().full());
  if (occupant == nullptr) return;
  const DocumentLease tree(room.shard(), presence.wire());
  const std::string said = shown_part(tree.root());
  const bool fits = said.size() <= room.option<std::uint64_t>("presence_bytes");
  const Announcement farewell{.type = StanzaType::unavailable,
                              .said = fits ? std::string_view(said) : std::string_view{}};
  if (occupant->sessions.size() == 1) return remove_occupant(room, *occupant, farewell);
  const Stanza own = own_presence(room, *occupant, farewell);
  room.remove_session(*occupant, presence.from());
  renew(room, *occupant);
  room.shard().route(own.addressed_to(presence.from()));
}

// What an occupant's new affiliation makes of it.
void settle_standing(Room& room, Occupant& occupant, Affiliation before, std::string_view actor,
                     std::string_view reason) {
  const Affiliation now = room.affiliation(occupant.user);
  if (now == Affiliation::outcast)
    return remove_occupant(room, occupant, {.codes = {kBanned}, .actor = actor, .reason = reason});
  if (room.config().members_only && now < Affiliation::member)
    return remove_occupant(room, occupant, {.codes = {kNoMember}, .actor = actor, .reason = reason});
  room.set_role(occupant, muc::role_after(occupant.role, before, now, room.config().moderated));
  announce_change(room, occupant, {.actor = actor, .reason = reason});
}

// A client that cannot be reached any more.
void lose_session(Room& room, Occupant& occupant, JidView client) {
  if (occupant.sessions.size() == 1) {
    return remove_occupant(room, occupant,
                           {.codes = {kKicked, kTechnical}, .reason = "Messages did not reach the user."});
  }
  room.remove_session(occupant, client);
  renew(room, occupant);
}

}  // namespace

void on_presence(Room& room, Stanza presence) {
  switch (presence.type()) {
    case StanzaType::available: return on_available(room, presence);
    case StanzaType::unavailable: return on_unavailable(room, presence);
    case StanzaType::error: return on_error(room, presence);
    case StanzaType::subscribe:  // nobody may: the room shows itself to occupants
      return room.shard().route(Stanza::make({.kind = StanzaKind::presence,
                                              .type = StanzaType::unsubscribed,
                                              .from = presence.to().to_bare(),
                                              .to = presence.from().to_bare()},
                                             ""));
    default: return;  // §17.3: neither joins nor leaves
  }
}

void found(Room& room, const Stanza& presence) {
  const DocumentLease tree(room.shard(), presence.wire());
  enter(room, presence, tree.root(), tree.root().child("x", muc::kMuc), true);
}

void announce_change(Room& room, Occupant& occupant, const Announcement& announcement) {
  renew(room, occupant);
  show_to_others(room, occupant, announcement);
  room.send_to(occupant, own_presence(room, occupant, announcement));
}

void remove_occupant(Room& room, Occupant& occupant, Announcement announcement) {
  announcement.type = StanzaType::unavailable;
  const Stanza own = own_presence(room, occupant, announcement);
  const auto open = shared(presence_of(room, occupant, announcement, Sight::open));
  const auto veiled = shared(presence_of(room, occupant, announcement, Sight::veiled));
  const std::unique_ptr<Occupant> removed = room.remove(occupant);
  if (removed->announced) room.send_by_sight(open, veiled);
  room.send_to(*removed, own);
  look_at_size(room);
}

void empty(Room& room, std::string_view destroyed, std::string_view reason) {
  while (!room.occupants().empty()) {
    Occupant& occupant = *room.occupants().begin()->second;
    const Announcement farewell{.type = StanzaType::unavailable, .reason = reason, .destroyed = destroyed};
    const Stanza own = own_presence(room, occupant, farewell);
    room.send_to(*room.remove(occupant), own);
  }
}

void remove_strangers(Room& room) {
  std::vector<Occupant*> strangers;
  for (const auto& [nick, occupant] : room.occupants()) {
    if (room.affiliation(occupant->user) < Affiliation::member) strangers.push_back(occupant.get());
  }
  for (Occupant* stranger : strangers) remove_occupant(room, *stranger, {.codes = {kNowForMembers}});
}

void change_affiliation(Room& room, JidView user, Affiliation affiliation, std::string_view nick,
                        std::string_view actor, std::string_view reason) {
  std::vector<std::pair<Occupant*, Affiliation>> before;
  for (const auto& [name, occupant] : room.occupants()) {
    const JidView its = occupant->user;
    if (user.has_local() ? its.bare() == user.bare() : its.domain() == user.domain())
      before.emplace_back(occupant.get(), room.affiliation(its));
  }
  const RoomAffiliate* known = room.affiliate(user);
  const bool keeps_nick = nick.empty() && known != nullptr && affiliation >= Affiliation::member;
  room.set_affiliate(user, {.affiliation = affiliation,
                            .nick = keeps_nick ? known->nick : std::string(nick),
                            .reason = std::string(reason)});
  // A domain's is not that of users who have their own.
  for (const auto& [occupant, former] : before) {
    if (room.affiliation(occupant->user) != former) settle_standing(room, *occupant, former, actor, reason);
  }
}

void on_error(Room& room, const Stanza& error) {
  constexpr std::array<std::string_view, 6> kGone{
      "gone",     "item-not-found",          "recipient-unavailable",
      "redirect", "remote-server-not-found", "remote-server-timeout"};
  Occupant* occupant = room.by_session(error.from().full());
  if (occupant == nullptr) return;
  const DocumentLease tree(room.shard(), error.wire());
  const xml::Element detail = tree.root().child("error", ns::kClient);
  const bool is_gone = std::ranges::any_of(
      kGone, [&](std::string_view name) { return static_cast<bool>(detail.child(name, ns::kStanzaErrors)); });
  if (is_gone) lose_session(room, *occupant, error.from());
}

}  // namespace vestnik::rooms
