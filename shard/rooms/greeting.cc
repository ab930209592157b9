#include "shard/rooms/greeting.h"

#include <memory>
#include <string>

#include "proto/base/datetime.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"

namespace vestnik::rooms {
namespace {

std::string delay_of(Room& room) {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(room.shard().reactor().wall_now());
  std::string delay;
  xml::Writer(delay)
      .open("delay", ns::kDelay)
      .attr("from", room.address().full())
      .attr("stamp", format_utc(now, Fraction::milliseconds))
      .close();
  return delay;
}

}  // namespace

void remember(Room& room, const Stanza& message) {
  if (room.config().history == 0) return;
  room.history().add(std::make_shared<const Stanza>(message.with_appended(delay_of(room))),
                     room.shard().reactor().wall_now());
}

void send_history(Room& room, JidView client, const muc::HistoryWish& wish) {
  for (const auto& message : room.history().choose(wish, room.shard().reactor().wall_now())) {
    room.shard().route(message->addressed_to(client));
  }
}

void send_subject(Room& room, JidView client) {
  if (room.subject()) return room.shard().route(room.subject()->addressed_to(client));
  room.shard().route(Stanza::make(
      {.kind = StanzaKind::message, .type = StanzaType::groupchat, .from = room.address(), .to = client},
      "<subject/>"));
}

}  // namespace vestnik::rooms
