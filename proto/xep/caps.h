#pragma once
#include <optional>
#include <string>
#include <vector>

#include "proto/xml/document.h"

namespace vestnik {

/// The verification string (XEP-0115 §5.1, SHA-1) of what an entity says of itself: of the `<query/>` of its
/// disco#info. Forms that have no hidden FORM_TYPE do not count (§5.4).
std::string capability_hash(xml::Element info);

/// What a presence says of its sender's abilities (§4): `<c/>`.
struct CapsClaim {
  std::string node;
  std::string ver;  ///< the SHA-1 hash, in base64

  /// The node whose disco#info has this hash (§6.2).
  std::string info_node() const { return node + '#' + ver; }

  friend bool operator==(const CapsClaim&, const CapsClaim&) = default;
};

/// The claim of a presence; nullopt if it has none with a hash that can be verified.
std::optional<CapsClaim> read_caps(xml::Element presence);

/// Whether a `<query/>` of disco#info is what was claimed and can be kept for all who claim it (§5.4): one
/// with doubled identities, features or forms cannot, whatever its hash.
bool verifies(const CapsClaim& claim, xml::Element info);

/// The nodes of whose changes an entity wants to hear: its features that end in `+notify` (XEP-0163 §4.2),
/// without this; in order.
std::vector<std::string> wanted_nodes(xml::Element info);

}  // namespace vestnik
