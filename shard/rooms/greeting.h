#pragma once
#include "proto/xep/muc.h"
#include "shard/rooms/room.h"

/// What somebody who enters is told of the discussion (XEP-0045 §7.2.13-7.2.15).
namespace vestnik::rooms {

/// Notes what was said, as the occupants got it.
void remember(Room& room, const Stanza& message);
/// What of it a client wants to know.
void send_history(Room& room, JidView client, const muc::HistoryWish& wish);
/// What the room is about; always, and behind the history.
void send_subject(Room& room, JidView client);

}  // namespace vestnik::rooms
