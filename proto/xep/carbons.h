#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/stanza/stanza.h"

/// Message carbons (XEP-0280): which messages are copied to an account's other clients, and as what.
namespace vestnik::carbons {

inline constexpr std::string_view kCarbons = "urn:xmpp:carbons:2";
/// Says that the rules of §6.1 are kept, all of them (§6.2).
inline constexpr std::string_view kRules = "urn:xmpp:carbons:rules:0";

/// From whose point of view: the copy is of a message the account has sent, or received.
enum class Direction : std::uint8_t { sent, received };

/// §6.1, for all but errors, of which only who has seen what they answer can tell. `invites`: a message that
/// has `<x/>` of a room (Mark::muc_user) invites to it; else it is private talk there, which the room sends
/// to every client that takes part.
bool eligible(const Stanza& message, Direction direction, bool invites);

/// The copy's content (§7, §8): `message` as the others sent or got it, `appended` added to what it holds.
std::string wrap(Direction direction, std::string_view message, std::string_view appended);

}  // namespace vestnik::carbons
