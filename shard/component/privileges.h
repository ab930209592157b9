#pragma once
#include <string>
#include <string_view>

#include "core/config/config.h"
#include "proto/base/result.h"
#include "proto/stanza/stanza.h"
#include "proto/xml/document.h"

/// What components may do in the names of this server's users (XEP-0356): `[[component]]` says which.
namespace vestnik::privileges {

inline constexpr std::string_view kNs = "urn:xmpp:privilege:2";

/// The component of a domain, or null if it is none or may do no more than others.
const ComponentConfig* privileged(const Config& config, std::string_view domain);

bool allows(IqAccess access, StanzaType type);

/// What the component is told when it has come in: `<privilege/>`, or "" if it has none.
std::string announcement(const ComponentConfig& component);

/// The message that `carrier`, the tree of one to `host`, holds to be sent as it is (§5.3). Fails, with the
/// reason, unless its sender is `host` or the bare JID of an account there.
Result<Stanza, std::string> unwrap(xml::Element carrier, std::string_view host);

/// The request that a `<privileged_iq/>` of this type holds, in the name of the account `user` (§6.3). Fails,
/// with the reason, unless the component may make it.
Result<Stanza, std::string> unwrap_request(xml::Element carrier, StanzaType type, JidView user,
                                           const ComponentConfig& component);

/// What the component gets for it: `<privilege/>` with the answer.
std::string wrap_answer(const Stanza& answer);

}  // namespace vestnik::privileges
