#pragma once
#include "shard/rooms/room.h"

/// What passes through a room to single users: mediated invitations (XEP-0045 §7.8.2) and requests for voice
/// (§7.13, §8.6).
namespace vestnik::rooms {

/// `x`: the message's muc#user element.
void invite(Room& room, const Stanza& message, xml::Element x);
void decline(Room& room, const Stanza& message, xml::Element x);

/// A form of type muc#request: a visitor asks for voice, or a moderator has decided.
void on_voice_form(Room& room, const Stanza& message, xml::Element form);

}  // namespace vestnik::rooms
