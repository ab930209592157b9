#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "proto/jid/jid.h"

/// How e-mail addresses and JIDs name each other. Both directions write the last `@` as `%`, as gateways do
/// (XEP-0100 §5.1), and escape what the other side forbids.
namespace vestnik::mail {

/// `juliet@example.org` -> `juliet%example.org@mail.localhost`; nothing if the address is none.
std::optional<Jid> contact_of(std::string_view address, std::string_view gateway);

/// The e-mail address that a contact of the gateway stands for; "" for none.
std::string address_of(JidView contact);

/// The e-mail address of an XMPP user: `juliet@example.org` -> `juliet%example.org@mail.localhost`.
std::string address_of_user(JidView user, std::string_view mail_domain);

/// The user whom mail to such an address is for.
std::optional<Jid> user_of(std::string_view address, std::string_view mail_domain);

}  // namespace vestnik::mail
