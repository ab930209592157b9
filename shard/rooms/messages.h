#pragma once
#include "shard/rooms/room.h"

/// Messages to a room and to its occupants (XEP-0045 §7.4, §7.5, §7.8, §7.13, §8.1, §8.6).
namespace vestnik::rooms {

/// A message has arrived for the room or one of its occupants.
void on_message(Room& room, Stanza message);

/// Tells all occupants that the configuration has changed (§10.2.1).
void send_status(Room& room, std::span<const int> codes);

}  // namespace vestnik::rooms
