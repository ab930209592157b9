#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/stanza/condition.h"
#include "proto/stream/error.h"

/// The elements of stream management (XEP-0198). Counts are modulo 2^32 (§4).
namespace vestnik::sm {

inline constexpr std::string_view kNs = "urn:xmpp:sm:3";
inline constexpr std::string_view kFeature = "<sm xmlns='urn:xmpp:sm:3'/>";
inline constexpr std::string_view kRequest = "<r xmlns='urn:xmpp:sm:3'/>";

/// What `<enabled/>` grants. An empty `id`: the stream cannot be resumed.
struct Terms {
  std::string id;
  std::uint32_t max_seconds = 0;  ///< how long the session waits for its client
  std::string location;           ///< where to come back to, or ""
};

std::string enable(bool resumable);
std::string resume(std::string_view previous_id, std::uint32_t handled);
std::string enabled(const Terms& terms);
std::string resumed(std::string_view previous_id, std::uint32_t handled);
std::string answer(std::uint32_t handled);
/// `handled`: how many stanzas of a session that is gone were handled (§5), if that is known.
std::string failed(StanzaCondition condition, std::string_view text,
                   std::optional<std::uint32_t> handled = std::nullopt);

/// The stream error for a count of stanzas that were never sent, or of which some were acknowledged before
/// (§6).
StreamError handled_count_too_high(std::uint32_t claimed, std::uint32_t sent);

/// An xs:unsignedInt: digits that fit into 32 bits.
std::optional<std::uint32_t> parse_count(std::string_view text);
/// An xs:boolean; what is none counts as false.
bool parse_flag(std::string_view text);

}  // namespace vestnik::sm
