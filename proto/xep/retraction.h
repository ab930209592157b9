#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "proto/stanza/stanza.h"
#include "proto/xml/document.h"

/// Retraction of messages (XEP-0424).
namespace vestnik::retraction {

inline constexpr std::string_view kRetraction = "urn:xmpp:message-retract:1";

/// The id of the message that `message`, the root of a stanza's tree, takes back; empty if it takes back
/// none.
std::string_view retracted_id(xml::Element message);

/// Whether `author` (a bare address) may take back `message` by this id: it is his, and a message of two
/// people that has not been taken back yet and takes back nothing itself.
bool concerns(const Stanza& message, std::string_view author, std::string_view id);

/// What an archive keeps of `message` (§5): its head and when it was taken back, by the message
/// `retraction_id`.
Stanza tombstone(const Stanza& message, std::string_view retraction_id,
                 std::chrono::system_clock::time_point when);

}  // namespace vestnik::retraction
