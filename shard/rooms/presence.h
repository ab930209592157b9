#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "shard/rooms/room.h"

/// Presence in a room (XEP-0045 §7.1-7.2, §7.6-7.7, §7.14). Functions of the room's thread.
namespace vestnik::rooms {

/// What an occupant's presence says besides itself.
struct Announcement {
  StanzaType type = StanzaType::available;
  std::vector<int> codes = {};  ///< status codes
  std::string_view nick = {};   ///< the new one
  std::string_view actor = {};  ///< nickname of who did it
  std::string_view reason = {};
  std::string_view said = {};       ///< serialised: what the client said when it left
  std::string_view destroyed = {};  ///< serialised `<destroy/>`
};

/// Presence has arrived for the room or one of its occupants.
void on_presence(Room& room, Stanza presence);
/// The founder of a new room comes in (§10.1).
void found(Room& room, const Stanza& presence);

/// Tells everybody an occupant's available presence anew, after its role or affiliation has changed.
void announce_change(Room& room, Occupant& occupant, const Announcement& announcement);
/// The occupant is out, with all of its clients, and all are told.
void remove_occupant(Room& room, Occupant& occupant, Announcement announcement);
/// The affiliation that a user has from now on, with what follows from it for occupants (§9, §10).
void change_affiliation(Room& room, JidView user, muc::Affiliation affiliation, std::string_view nick,
                        std::string_view actor, std::string_view reason);
/// Everybody is out, because the room is no more; `destroyed` is the serialised `<destroy/>` (§10.9). Each is
/// told of itself only.
void empty(Room& room, std::string_view destroyed, std::string_view reason);
/// Who may not be in a room for members leaves it, which has just become one (§10.2).
void remove_strangers(Room& room);
/// An error for something that the room has sent came back: who is gone leaves (§17, "Ghost Users").
void on_error(Room& room, const Stanza& error);

}  // namespace vestnik::rooms
