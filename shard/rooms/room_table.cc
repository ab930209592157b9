#include "shard/rooms/room_table.h"

#include <algorithm>
#include <utility>

#include "shard/rooms/iq.h"
#include "shard/rooms/messages.h"
#include "shard/rooms/presence.h"
#include "shard/rooms/room.h"

namespace vestnik {
namespace {

// Whether somebody may make rooms on the service.
bool may_found(Shard& shard, const ServiceConfig& service, JidView user) {
  const auto& who = shard.config().features.find("muc")->second.get<std::string>("creation");
  if (who == "everybody") return true;
  if (who == "local") return shard.is_local(user.domain());
  const auto& admins = shard.config().host(service.host)->admins;
  return std::ranges::any_of(admins, [&](const Jid& admin) { return admin.full() == user.bare(); });
}

bool asks_to_enter(Shard& shard, const Stanza& stanza) {
  if (!stanza.is_presence() || stanza.type() != StanzaType::available) return false;
  const DocumentLease tree(shard, stanza.wire());
  return static_cast<bool>(tree.root().child("x", muc::kMuc));
}

}  // namespace

RoomTable::RoomTable(Shard& shard) : shard_(shard) {}
RoomTable::~RoomTable() = default;

void RoomTable::deliver(Stanza stanza) {
  stanza.to().has_local() ? deliver_to_room(std::move(stanza)) : deliver_to_service(std::move(stanza));
}

void RoomTable::deliver_to_room(Stanza stanza) {
  const auto found_room = rooms_.find(stanza.to().bare());
  if (found_room == rooms_.end()) {
    if (asks_to_enter(shard_, stanza)) return found(std::move(stanza));
    return shard_.bounce(stanza, StanzaCondition::item_not_found, "there is no such room");
  }
  Room& room = *found_room->second;
  switch (stanza.kind()) {
    case StanzaKind::message: rooms::on_message(room, std::move(stanza)); break;
    case StanzaKind::presence: rooms::on_presence(room, std::move(stanza)); break;
    case StanzaKind::iq: rooms::on_iq(room, std::move(stanza)); break;
  }
  settle(room);
}

// §10.1: who founds a room owns it.
void RoomTable::found(Stanza stanza) {
  const ServiceConfig* service = shard_.config().service(stanza.to().domain());
  if (!may_found(shard_, *service, stanza.from()))
    return shard_.bounce(stanza, StanzaCondition::not_allowed, "you may not make rooms here");
  auto made = std::make_unique<Room>(shard_, Jid(stanza.to().to_bare()));
  Room& room = *rooms_.emplace(made->address().full(), std::move(made)).first->second;
  room.set_affiliate(stanza.from(), {.affiliation = muc::Affiliation::owner});
  rooms::found(room, stanza);
  settle(room);
}

// After everything that may have changed it: the service is told, and a room that nobody is in any more goes.
void RoomTable::settle(Room& room) {
  const bool is_over = room.is_destroyed() || room.occupants().empty();
  std::optional<std::string> listed_as;
  if (!is_over && !room.is_locked() && room.config().listed) listed_as = room.config().name;
  if (listed_as != room.listed_as()) {
    shard_.list_in_service({room.address(), listed_as.value_or(""), listed_as.has_value()});
    room.listed_as() = listed_as;
  }
  if (is_over) rooms_.erase(rooms_.find(room.address().full()));
}

void RoomTable::look_at_config() {
  std::erase_if(rooms_, [&](const auto& entry) {
    const bool is_gone = shard_.config().service(entry.second->address().domain()) == nullptr;
    if (is_gone) rooms::empty(*entry.second, "<destroy/>", "The service is no more.");
    return is_gone;
  });
}

}  // namespace vestnik
