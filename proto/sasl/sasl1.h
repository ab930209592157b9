#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "proto/base/result.h"
#include "proto/base/secret.h"
#include "proto/sasl/failure.h"
#include "proto/sasl/mechanisms.h"

/// How SASL travels in XMPP's own profile (RFC 6120 §6.4): elements of urn:ietf:params:xml:ns:xmpp-sasl
/// around base64. The only part of this folder that knows it.
namespace vestnik::sasl {

/// The stream feature `<mechanisms>`; nothing if nothing is offered.
void write_mechanisms(xml::Writer& writer, const Offer& offer);

/// Decodes the character data of `<auth>`. None at all means that there is no initial response: the server
/// sends an empty challenge and takes the first `<response>` for it. A single `=` is an empty initial
/// response. What is no base64 is `incorrect-encoding`. A Secret, for it may hold a password.
Result<std::optional<Secret>, Failure> decode_initial_response(std::string_view text);

/// Decodes the character data of `<response>`, where none at all and `=` both stand for an empty one.
Result<Secret, Failure> decode_response(std::string_view text);

std::string challenge_xml(std::string_view data);

/// `additional_data` is the server's final message of SCRAM; empty for mechanisms that have none.
std::string success_xml(std::string_view additional_data);

/// `<failure><not-authorized/><text>…</text></failure>`
std::string failure_xml(const Failure& failure);

}  // namespace vestnik::sasl
