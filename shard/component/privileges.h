#pragma once
#include <string>
#include <string_view>

#include "core/config/config.h"
#include "proto/base/result.h"
#include "proto/stanza/stanza.h"
#include "proto/xml/document.h"

/// What components may do in the names of this server's users (XEP-0356): `[features.privileges]` says which.
namespace vestnik::privileges {

inline constexpr std::string_view kNs = "urn:xmpp:privilege:2";

/// Whether the component may read and change users' contact lists.
bool has_rosters(const Config& config, std::string_view component);
/// Whether it may write messages in users' names, and in those of hosts.
bool has_messages(const Config& config, std::string_view component);

/// What the component is told when it has come in: `<privilege/>`, or "" if it has none.
std::string announcement(const Config& config, std::string_view component);

/// The message that `carrier`, the tree of one to `host`, holds to be sent as it is (§5.3). Fails, with the
/// reason, unless its sender is `host` or the bare JID of an account there.
Result<Stanza, std::string> unwrap(xml::Element carrier, std::string_view host);

}  // namespace vestnik::privileges
