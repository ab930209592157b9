#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/result.h"
#include "proto/stanza/stanza.h"
#include "proto/xep/muc.h"

namespace vestnik::muc {

inline constexpr std::string_view kRoomConfig = "http://jabber.org/protocol/muc#roomconfig";
inline constexpr std::string_view kRoomInfo = "http://jabber.org/protocol/muc#roominfo";

/// A set of the three roles of occupants.
class Roles {
 public:
  static constexpr Roles all() { return Roles(0b1110); }
  constexpr Roles() = default;
  constexpr bool has(Role role) const { return (bits_ & bit(role)) != 0; }
  constexpr void add(Role role) { bits_ |= bit(role); }
  friend bool operator==(Roles, Roles) = default;

 private:
  constexpr explicit Roles(std::uint8_t bits) : bits_(bits) {}
  static constexpr std::uint8_t bit(Role role) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(role));
  }
  std::uint8_t bits_ = 0;
};

/// Who may write to single occupants (`muc#roomconfig_allowpm`).
enum class PrivateMessages : std::uint8_t { anyone, participants, moderators, none };

/// How a room is (XEP-0045 §10.1.3). The values of a new one are what an owner gets who accepts the defaults.
struct RoomConfig {
  std::string name;
  std::string description;
  std::string language;
  std::string pubsub;  ///< an XMPP URI that goes with the room
  std::string password;
  bool password_protected = false;
  bool listed = true;
  bool persistent = false;  ///< stays when nobody is in it
  bool members_only = false;
  bool moderated = false;
  bool non_anonymous = false;   ///< everybody sees the real addresses, not only moderators
  bool subject_by_all = false;  ///< participants change the subject too
  bool invites_by_all = true;   ///< not only administrators invite to a members-only room
  PrivateMessages private_messages = PrivateMessages::anyone;
  Roles presence_of = Roles::all();  ///< whose presence the others get
  Roles lists_for = Roles::all();    ///< who may read the list of members
  std::uint32_t max_occupants = 0;   ///< 0: as many as the service allows
  std::uint32_t history = 25;        ///< messages shown to those who enter

  friend bool operator==(const RoomConfig&, const RoomConfig&) = default;
};

/// What owners fill in: a configuration and the two lists that go with it.
struct RoomForm {
  RoomConfig config;
  std::optional<std::vector<Jid>> admins = {};  ///< bare; none: as they are
  std::optional<std::vector<Jid>> owners = {};
};

/// What a service allows.
struct RoomBounds {
  std::uint32_t max_occupants = 0;
  std::uint32_t history = 0;
  std::size_t name_bytes = 0;  ///< of the name, the password and such
  std::size_t text_bytes = 0;  ///< of the description
};

/// Writes the form (§10.1.3, §10.2) filled in with `form`.
void write_config_form(xml::Writer& writer, const RoomForm& form, const RoomBounds& bounds);

/// What a submitted form makes of `form`, field by field; fields that are not there stay (§10.2).
/// `not-acceptable` for what the service does not allow or what makes no sense, `bad-request` for what is no
/// value.
Result<RoomForm, StanzaReject> apply_config_form(xml::Element x, RoomForm form, const RoomBounds& bounds);

/// The features of a room's disco#info (§6.4) that tell how it is.
std::vector<std::string_view> room_features(const RoomConfig& config);

}  // namespace vestnik::muc
