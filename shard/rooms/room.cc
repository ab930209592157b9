#include "shard/rooms/room.h"

#include <algorithm>
#include <utility>

#include "proto/xml/writer.h"

namespace vestnik {

using rooms::Occupant;

Room::Room(Shard& shard, Jid address) : shard_(shard), address_(std::move(address)) {
  history_.limit(config_.history);
}

muc::RoomBounds Room::bounds() const {
  return {.max_occupants = option<std::uint32_t>("occupants"),
          .history = option<std::uint32_t>("history"),
          .name_bytes = option<std::uint64_t>("nickname_bytes"),
          .text_bytes = option<std::uint64_t>("subject_bytes")};
}

void Room::set_config(muc::RoomConfig config) {
  config_ = std::move(config);
  history_.limit(config_.history);
  occupants_changed();
  changed_ = true;
}

// Who is there

Occupant* Room::by_nick(std::string_view nick) const {
  const auto found = occupants_.find(nick);
  return found == occupants_.end() ? nullptr : found->second.get();
}

Occupant* Room::by_session(std::string_view full) const {
  const auto found = by_session_.find(full);
  return found == by_session_.end() ? nullptr : found->second;
}

Occupant& Room::add(Jid address, JidView user) {
  auto made = std::make_unique<Occupant>();
  made->address = std::move(address);
  made->user = Jid(user);
  const std::string id =
      muc::occupant_id(shard_.services().server_secret, address_.full(), made->user.full());
  xml::Writer(made->stamp).open("occupant-id", muc::kOccupantId).attr("id", id).close();
  std::string nick(made->nick());
  return *occupants_.emplace(std::move(nick), std::move(made)).first->second;
}

void Room::add_session(Occupant& occupant, JidView full) {
  occupant.sessions.emplace_back(full);
  by_session_.emplace(full.full(), &occupant);
  occupants_changed();
}

bool Room::remove_session(Occupant& occupant, JidView full) {
  std::erase_if(occupant.sessions, [&](const Jid& session) { return session.view() == full; });
  by_session_.erase(by_session_.find(full.full()));
  occupants_changed();
  if (!occupant.sessions.empty()) return true;
  remove(occupant);
  return false;
}

std::unique_ptr<Occupant> Room::remove(Occupant& occupant) {
  for (const Jid& session : occupant.sessions) by_session_.erase(session.full());
  occupants_changed();
  return std::move(occupants_.extract(std::string(occupant.nick())).mapped());
}

void Room::rename(Occupant& occupant, Jid address) {
  auto node = occupants_.extract(std::string(occupant.nick()));
  occupant.address = std::move(address);
  node.key() = occupant.nick();
  occupants_.insert(std::move(node));
}

void Room::set_role(Occupant& occupant, muc::Role role) {
  occupant.role = role;
  occupants_changed();
}

// Who may be what

const RoomAffiliate* Room::affiliate(JidView user) const {
  const auto found = affiliates_.find(Jid(user.to_bare()));
  return found == affiliates_.end() ? nullptr : &found->second;
}

muc::Affiliation Room::affiliation(JidView user) const {
  if (const RoomAffiliate* own = affiliate(user)) return own->affiliation;
  const auto domain = affiliates_.find(Jid(JidView::of_canonical(user.domain())));
  return domain == affiliates_.end() ? muc::Affiliation::none : domain->second.affiliation;
}

void Room::set_affiliate(JidView user, RoomAffiliate affiliate) {
  if (stored_) changed_users_.insert(Jid(user.to_bare()));
  const bool says_nothing = affiliate.affiliation == muc::Affiliation::none && affiliate.nick.empty();
  if (says_nothing) {
    affiliates_.erase(Jid(user.to_bare()));
  } else {
    affiliates_.insert_or_assign(Jid(user.to_bare()), std::move(affiliate));
  }
}

bool Room::is_reserved_from(std::string_view nick, JidView user) const {
  return std::ranges::any_of(affiliates_, [&](const auto& entry) {
    return entry.second.nick == nick && entry.first.full() != user.bare();
  });
}

std::size_t Room::owner_count() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      affiliates_, [](const auto& entry) { return entry.second.affiliation == muc::Affiliation::owner; }));
}

// Reaching them

bool Room::sees_addresses(const Occupant& occupant) const {
  return config_.non_anonymous || occupant.role == muc::Role::moderator;
}

// Asked for with every message, made anew only after somebody came or went.
const Room::Reach& Room::reach() {
  if (reach_) return *reach_;
  std::vector<Jid> all, open, veiled;
  all.reserve(by_session_.size());
  for (const auto& [nick, occupant] : occupants_) {
    auto& by_sight = sees_addresses(*occupant) ? open : veiled;
    by_sight.insert(by_sight.end(), occupant->sessions.begin(), occupant->sessions.end());
    all.insert(all.end(), occupant->sessions.begin(), occupant->sessions.end());
  }
  reach_.emplace(Reach{.all = shard_.recipients(std::move(all)),
                       .open = shard_.recipients(std::move(open)),
                       .veiled = shard_.recipients(std::move(veiled))});
  return *reach_;
}

void Room::send_to_all(Stanza stanza) {
  shard_.route_fanout(std::make_shared<const Stanza>(std::move(stanza)), reach().all);
}

void Room::send_by_sight(const std::shared_ptr<const Stanza>& open,
                         const std::shared_ptr<const Stanza>& veiled, const std::vector<Jid>& except) {
  shard_.route_fanout(open, reach().open, except);
  shard_.route_fanout(veiled, reach().veiled, except);
}

void Room::send_to(const Occupant& occupant, const Stanza& stanza) {
  for (const Jid& session : occupant.sessions) shard_.route(stanza.addressed_to(session));
}

void Room::set_subject(std::shared_ptr<const Stanza> message, std::string text) {
  subject_ = std::move(message);
  subject_text_ = std::move(text);
  changed_ = true;
}

}  // namespace vestnik
