#pragma once
#include "shard/rooms/room.h"

/// Requests to a room and to its occupants (XEP-0045 §6.4-6.6, §17.4; XEP-0410).
namespace vestnik::rooms {

/// An iq of any type has arrived for the room or one of its occupants.
void on_iq(Room& room, Stanza iq);

/// The features that disco#info of rooms and of their service have in common.
std::span<const std::string_view> common_features();

// The requests that have files of their own. `query`: the payload.

/// muc#admin (§8, §9).
void on_admin_request(Room& room, const Stanza& iq, xml::Element query);
/// muc#owner (§10).
void on_owner_request(Room& room, const Stanza& iq, xml::Element query);

/// Answers a request to a room.
void answer(Room& room, const Stanza& iq, std::string_view payload = {});

}  // namespace vestnik::rooms
