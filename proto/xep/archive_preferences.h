#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "proto/base/result.h"
#include "proto/jid/jid.h"
#include "proto/stanza/stanza.h"
#include "proto/xml/document.h"

namespace vestnik {

/// Whose messages an owner wants to have archived (XEP-0441).
enum class ArchivePolicy : std::uint8_t { always, never, roster };

/// For all peers of one owner.
struct ArchivePreferences {
  ArchivePolicy otherwise = ArchivePolicy::always;  ///< for peers in neither list
  std::vector<std::string> always;                  ///< addresses, full or bare
  std::vector<std::string> never;

  /// What holds for a peer. Who is in both lists is not archived.
  ArchivePolicy policy_for(JidView peer) const;

  friend bool operator==(const ArchivePreferences&, const ArchivePreferences&) = default;
};

/// Reads `<prefs/>`; each address once, in canonical form.
Result<ArchivePreferences, StanzaReject> parse_archive_preferences(xml::Element prefs);
/// `<prefs/>`, serialised.
std::string write_archive_preferences(const ArchivePreferences& preferences);

}  // namespace vestnik
