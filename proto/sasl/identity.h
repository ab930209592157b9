#pragma once
#include <span>
#include <string_view>

#include "proto/base/result.h"
#include "proto/jid/jid.h"
#include "proto/sasl/failure.h"
#include "proto/sasl/first_message.h"

/// As whom a first message asks to be authenticated. This is the one place where user names and authorization
/// identities become addresses; whether the claim is true is decided by an Exchange (exchange.h).
namespace vestnik::sasl {

/// The account a SCRAM or PLAIN message names on `host` (canonical): the prepared user name there. Nobody
/// acts for somebody else, hence an authorization identity that is not this account's bare address is
/// `invalid-authzid` (RFC 6120 §6.3.8, §6.5.6). A name no account can have is refused as a wrong password is.
Result<Jid, Failure> account_of(const FirstMessage& first, std::string_view host);

/// The address an EXTERNAL message chooses among `candidates`, those the verified certificate allows: for a
/// client its xmppAddrs with an account here, for a server the domain of its stream's `from` (XEP-0178 §2,
/// §3). With an empty authorization identity there must be exactly one.
Result<Jid, Failure> certificate_identity(const FirstMessage& first, std::span<const Jid> candidates);

}  // namespace vestnik::sasl
