#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proto/jid/jid.h"
#include "proto/stanza/condition.h"
#include "proto/xml/document.h"
#include "proto/xml/writer.h"

/// Multi-user chat (XEP-0045): the words on the wire and who may do what. Pure functions.
namespace vestnik::muc {

inline constexpr std::string_view kMuc = "http://jabber.org/protocol/muc";
inline constexpr std::string_view kUser = "http://jabber.org/protocol/muc#user";
inline constexpr std::string_view kAdmin = "http://jabber.org/protocol/muc#admin";
inline constexpr std::string_view kOwner = "http://jabber.org/protocol/muc#owner";
inline constexpr std::string_view kOccupantId = "urn:xmpp:occupant-id:0";
inline constexpr std::string_view kHats = "urn:xmpp:hats:0";

/// What a user is to a room, there or not (§5.2); greater may do more.
enum class Affiliation : std::uint8_t { outcast, none, member, admin, owner };
/// What an occupant is in the room (§5.1); greater may do more.
enum class Role : std::uint8_t { none, visitor, participant, moderator };

std::string_view to_string(Affiliation affiliation);
std::string_view to_string(Role role);
std::optional<Affiliation> parse_affiliation(std::string_view text);
std::optional<Role> parse_role(std::string_view text);

/// The role of somebody who enters (§5.1.2).
Role initial_role(Affiliation affiliation, bool moderated);
/// The role of an occupant whose affiliation has changed (§5.1.3): what it gains it has at once; what an
/// administrator was given as such it loses.
Role role_after(Role role, Affiliation before, Affiliation after, bool moderated);

/// Why somebody of affiliation `actor` may not change another's from `before` to `after` (§5.2.2, §9, §10);
/// none: it may.
std::optional<StanzaCondition> refuse_affiliation(Affiliation actor, Affiliation before, Affiliation after);

/// An occupant as the rules of roles see it.
struct Standing {
  Affiliation affiliation = Affiliation::none;
  Role role = Role::none;
};
/// Why `actor` may not give `target` the role `after` (§8, §9.6-9.8); none: it may.
std::optional<StanzaCondition> refuse_role(const Standing& actor, const Standing& target, Role after);

/// The `<item/>` of muc#user (§7.2.2); empty parts are left out.
struct UserItem {
  Affiliation affiliation = Affiliation::none;
  Role role = Role::none;
  std::string_view jid = {};
  std::string_view nick = {};  ///< the new one of somebody who changes it
  std::string_view actor = {};
  std::string_view reason = {};
};
/// Writes `<x xmlns='…muc#user'>` with an item and status codes; `more` are further children.
void write_user(xml::Writer& writer, const UserItem* item, std::span<const int> codes,
                std::string_view more = {});

/// How much of the discussion somebody who enters wants to see (§7.2.14); of several wishes the smallest
/// result counts.
struct HistoryWish {
  std::optional<std::uint64_t> characters;  ///< of serialised stanzas
  std::optional<std::uint64_t> stanzas;
  std::optional<std::uint64_t> seconds;
  std::optional<std::chrono::system_clock::time_point> since;
};
/// Reads `<history/>` among the children of `x`; what is malformed counts as not said.
HistoryWish parse_history(xml::Element x);

/// The id by which a room knows a user whatever the nickname (XEP-0421): as good as random to others, the
/// same for as long as `secret` and the room's address are.
std::string occupant_id(std::string_view secret, std::string_view room, std::string_view user);

}  // namespace vestnik::muc
