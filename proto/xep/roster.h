#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/result.h"
#include "proto/jid/jid.h"
#include "proto/stanza/stanza.h"
#include "proto/xep/subscription_state.h"
#include "proto/xml/document.h"
#include "proto/xml/writer.h"

/// The payload of `jabber:iq:roster` (RFC 6121 §2).
namespace vestnik::roster {

/// What one item may hold (§2.3.3 leaves the bounds to the server).
inline constexpr std::size_t kMaxNameBytes = 1'023;  ///< of the name, and of each group's
inline constexpr std::size_t kMaxGroups = 100;

/// What a client asks for by a roster set (§2.1.5): an item's new name and groups, or its removal.
struct SetRequest {
  Jid contact;  ///< bare; a resource in the item's address is dropped
  std::string name = {};
  std::vector<std::string> groups = {};
  bool remove = false;
};

/// Reads `<query/>` of a roster set. Of the attributes that belong to the server nothing is read but
/// `subscription='remove'`.
Result<SetRequest, StanzaReject> parse_set(xml::Element query);

/// Writes `<item/>`. Of `state` what is visible; a request of the contact is not.
void write_item(xml::Writer& writer, std::string_view contact, std::string_view name,
                std::span<const std::string> groups, const SubscriptionState& state);
/// Writes the item of a push that says the contact is gone.
void write_removed(xml::Writer& writer, std::string_view contact);

/// The text that tells the versions of a roster apart (§2.6): a number that grows with each change the
/// account makes, and a fingerprint of what the configuration adds, so that neither changes unnoticed. `12`,
/// `12-5e0fb2a9c4d81730`.
struct Version {
  std::uint64_t number = 0;
  std::uint64_t fingerprint = 0;  ///< 0: the configuration adds nothing

  std::string text() const;
  /// None for what this server has not written.
  static std::optional<Version> parse(std::string_view text);
  friend bool operator==(const Version&, const Version&) = default;
};

}  // namespace vestnik::roster
