#include "shard/rooms/room_table.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "proto/stanza/reply.h"
#include "shard/rooms/iq.h"
#include "shard/rooms/messages.h"
#include "shard/rooms/presence.h"
#include "shard/rooms/room.h"

namespace vestnik {
namespace {

// How long a room stays loaded that nobody is in, how much may wait for rooms, and how much rooms may have
// to say that waits for the store.
constexpr std::chrono::minutes kIdleFor{10};
constexpr std::size_t kMaxParkedBytes = 4ULL << 20;
constexpr std::size_t kMaxWithheldBytes = 16ULL << 20;

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

RoomTable::RoomTable(Shard& shard)
    : shard_(shard), deadline_([this] { give_up_late(); }), idle_([this] { unload_idle(); }) {}
RoomTable::~RoomTable() = default;

void RoomTable::deliver(Stanza stanza) {
  if (!stanza.to().has_local()) return deliver_to_service(std::move(stanza));
  if (!waiting_.empty() || shard_.thread().congested()) return wait_in_line(std::move(stanza));
  deliver_to_room(std::move(stanza));
}

// False: it has been refused.
bool RoomTable::has_place_for(const Stanza& stanza) {
  if (parked_bytes_ + stanza.cost() <= kMaxParkedBytes) return true;
  shard_.bounce(stanza, StanzaCondition::resource_constraint,
                "too much waits for the rooms here; try again later");
  return false;
}

RoomTable::Parked RoomTable::parked(Stanza stanza) {
  parked_bytes_ += stanza.cost();
  return {std::move(stanza), shard_.receipts().part(), shard_.reactor().now()};
}

Stanza RoomTable::unparked(Parked& parked) {
  parked_bytes_ -= parked.stanza.cost();
  return std::move(parked.stanza);
}

// Those who send have stopped reading, too: this is what was under way.
void RoomTable::wait_in_line(Stanza stanza) {
  if (!has_place_for(stanza)) return;
  waiting_.push_back(parked(std::move(stanza)));
  shard_.thread().wait_in_line([this] { deliver_next_waiting(); });
}

void RoomTable::deliver_next_waiting() {
  Parked next = std::move(waiting_.front());
  waiting_.pop_front();
  const ReceiptScope scope(shard_.receipts(), std::move(next.receipt));
  deliver_to_room(unparked(next));
}

void RoomTable::deliver_to_room(Stanza stanza) {
  const auto loaded = rooms_.find(stanza.to().bare());
  if (loaded != rooms_.end()) return handle(*loaded->second, std::move(stanza));
  // Who leaves a room that nobody is in, or answers it, brings nothing about.
  if (may_answer_with_error(stanza) || loading_.contains(stanza.to().bare())) park(std::move(stanza));
}

// One FIFO for all that comes for a room while it is looked for (RULES 1).
void RoomTable::park(Stanza stanza) {
  if (!has_place_for(stanza)) return;
  const auto [at, added] = loading_.try_emplace(std::string(stanza.to().bare()));
  at->second.push_back(parked(std::move(stanza)));
  if (!deadline_.armed()) shard_.reactor().set(deadline_, shard_.config().limits.parked_deadline);
  if (!added) return;
  shard_.read_after(
      unloaded_write_,
      [address = at->first](storage::Stores& stores) { return stores.rooms().load(address); },
      [this, address = at->first](Loaded loaded) { finish_load(address, std::move(loaded)); });
}

// The store does not answer in time: whoever has waited too long is told so.
void RoomTable::give_up_late() {
  const auto patience = shard_.config().limits.parked_deadline;
  const auto now = shard_.reactor().now();
  bool more = false;
  for (auto& [address, stanzas] : loading_) {
    const auto first_young =
        std::ranges::find_if(stanzas, [&](const Parked& parked) { return now - parked.since < patience; });
    for (auto late = stanzas.begin(); late != first_young; ++late) {
      const ReceiptScope scope(shard_.receipts(), std::move(late->receipt));
      shard_.bounce(unparked(*late), StanzaCondition::internal_server_error,
                    "the room could not be read in time; try again");
    }
    stanzas.erase(stanzas.begin(), first_young);
    more = more || !stanzas.empty();
  }
  if (more) shard_.reactor().set(deadline_, patience);
}

void RoomTable::finish_load(const std::string& address, Loaded loaded) {
  auto node = loading_.extract(address);
  bool failed = !loaded.has_value();
  if (failed) {
    shard_.log().error("room.load_failed", {{"room", address}, {"error", loaded.error().text}});
  } else if (loaded->has_value()) {
    failed = restore(address, **loaded) == nullptr;
  }
  for (Parked& one : node.mapped()) {
    const ReceiptScope scope(shard_.receipts(), std::move(one.receipt));
    Stanza stanza = unparked(one);
    const auto found_room = rooms_.find(address);
    if (found_room != rooms_.end()) {
      handle(*found_room->second, std::move(stanza));
    } else if (failed) {
      shard_.bounce(stanza, StanzaCondition::internal_server_error, "the room could not be read; try again");
    } else {
      handle_absent(std::move(stanza));
    }
  }
}

Room* RoomTable::restore(const std::string& address, const storage::StoredRoom& stored) {
  auto room = std::make_unique<Room>(shard_, Jid(JidView::of_canonical(address)));
  if (!room->restore(stored)) {
    shard_.log().error("room.load_failed", {{"room", address}, {"error", "what is stored is damaged"}});
    return nullptr;
  }
  return rooms_.emplace(address, std::move(room)).first->second.get();
}

void RoomTable::handle(Room& room, Stanza stanza) {
  if (withheld_bytes_ > kMaxWithheldBytes && may_answer_with_error(stanza)) {
    return shard_.bounce(stanza, StanzaCondition::resource_constraint,
                         "too much waits to be stored; try again later");
  }
  RouteHold said(shard_);
  switch (stanza.kind()) {
    case StanzaKind::message: rooms::on_message(room, std::move(stanza)); break;
    case StanzaKind::presence: rooms::on_presence(room, std::move(stanza)); break;
    case StanzaKind::iq: rooms::on_iq(room, std::move(stanza)); break;
  }
  settle(room, said);
}

void RoomTable::handle_absent(Stanza stanza) {
  if (asks_to_enter(shard_, stanza)) return found(std::move(stanza));
  shard_.bounce(stanza, StanzaCondition::item_not_found, "there is no such room");
}

// §10.1: who founds a room owns it.
void RoomTable::found(Stanza stanza) {
  const ServiceConfig* service = shard_.config().service(stanza.to().domain());
  if (!may_found(shard_, *service, stanza.from()))
    return shard_.bounce(stanza, StanzaCondition::not_allowed, "you may not make rooms here");
  auto made = std::make_unique<Room>(shard_, Jid(stanza.to().to_bare()));
  Room& room = *rooms_.emplace(made->address().full(), std::move(made)).first->second;
  room.set_affiliate(stanza.from(), {.affiliation = muc::Affiliation::owner});
  RouteHold said(shard_);
  rooms::found(room, stanza);
  settle(room, said);
}

// After everything that may have changed it: what lasts is stored, the service is told, and a room that
// nobody is in any more goes, at once or, if it lasts, after a while.
void RoomTable::settle(Room& room, RouteHold& said) {
  if (room.needs_storing()) {
    store(room);
  } else {
    for (const Stanza& iq : room.take_waiting_answers()) shard_.route(make_result(iq));
  }
  const bool is_empty = room.occupants().empty();
  const bool is_over = room.is_destroyed() || (is_empty && !room.is_lasting());
  tell_service(room, is_over);
  keep_order(room, said);
  if (is_over) return unload(room);
  if (!is_empty) return;
  room.set_empty_since(shard_.reactor().now());
  if (!idle_.armed()) shard_.reactor().set(idle_, kIdleFor);
}

// Stored rooms are listed from the store.
void RoomTable::tell_service(Room& room, bool is_over) {
  std::optional<std::string> listed_as;
  if (!is_over && !room.is_locked() && !room.is_lasting() && room.config().listed)
    listed_as = room.config().name;
  if (listed_as == room.listed_as()) return;
  shard_.list_in_service({room.address(), listed_as.value_or(""), listed_as.has_value()});
  room.listed_as() = listed_as;
}

// What is said of it, and the answers to those who asked for it, wait for the commit (RULES 3).
void RoomTable::store(Room& room) {
  const std::size_t bytes = 1'024 + room.config().description.size();
  withheld_[room.address().full()].emplace_back();
  auto done = [this, address = room.address().full(), answers = room.take_waiting_answers()](
                  Result<void, storage::Error> result) { stored(address, answers, result); };
  room.set_last_write(shard_.write_for(room.address().full(), bytes, room.take_changes(), std::move(done)));
}

// The room is as it says even if the store did not take it: that is tried again with the next change.
void RoomTable::stored(const std::string& address, const std::vector<Stanza>& answers,
                       const Result<void, storage::Error>& result) {
  const auto found = withheld_.find(address);
  std::vector<Routed> said = std::move(found->second.front());
  found->second.pop_front();
  if (found->second.empty()) withheld_.erase(found);
  for (const Routed& one : said) withheld_bytes_ -= cost(one.message);
  shard_.send(std::move(said));
  for (const Stanza& iq : answers) {
    shard_.route(result ? make_result(iq) : make_error(iq, Shard::condition_of(result.error())));
  }
  const auto room = rooms_.find(address);
  if (!result && room != rooms_.end()) room->second->forget_stored();
}

// Behind what waits for a commit.
void RoomTable::keep_order(const Room& room, RouteHold& said) {
  if (withheld_.empty()) return;
  const auto found = withheld_.find(room.address().full());
  if (found == withheld_.end()) return;
  for (Routed& one : said.take()) {
    withheld_bytes_ += cost(one.message);
    found->second.back().push_back(std::move(one));
  }
}

void RoomTable::unload(Room& room) {
  unloaded_write_ = std::max(unloaded_write_, room.last_write());
  rooms_.erase(rooms_.find(room.address().full()));
}

void RoomTable::unload_idle() {
  const auto now = shard_.reactor().now();
  bool more = false;
  std::vector<Room*> idle;
  for (const auto& [address, room] : rooms_) {
    if (!room->occupants().empty()) continue;
    if (now - room->empty_since() >= kIdleFor) {
      idle.push_back(room.get());
    } else {
      more = true;
    }
  }
  for (Room* room : idle) unload(*room);
  if (more) shard_.reactor().set(idle_, kIdleFor);
}

void RoomTable::look_at_config() {
  std::erase_if(rooms_, [&](const auto& entry) {
    const bool is_gone = shard_.config().service(entry.second->address().domain()) == nullptr;
    if (is_gone) rooms::empty(*entry.second, "<destroy/>", "The service is no more.");
    return is_gone;
  });
}

}  // namespace vestnik
