#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "proto/base/result.h"
#include "proto/base/secret.h"
#include "proto/sasl/failure.h"
#include "proto/sasl/mechanisms.h"

namespace vestnik::sasl {

/// A client's first message taken apart: what must be known before anything about an account is fetched. All
/// the mechanisms here begin with the client. Names are as they came, not prepared; identity.h turns them
/// into an address.
struct FirstMessage {
  Mechanism mechanism = Mechanism::anonymous;
  std::string authcid = {};  ///< who authenticates: SCRAM and PLAIN; `=2C` and `=3D` replaced
  std::string authzid = {};  ///< as whom to act; empty when left open
  Secret password = {};      ///< PLAIN
  std::optional<ChannelBindingType> channel_binding = {};  ///< SCRAM-…-PLUS: what the client bound itself to
  std::string bytes = {};  ///< SCRAM: the message itself, which the proof covers
};

/// Reads the first message of an offered mechanism, strictly (RFC 5802 §7, RFC 4616 §2, RFC 4422 App. A, RFC
/// 4505 §2). Besides what is malformed it refuses, before anything is fetched, every sign of a downgrade: a
/// channel binding that was not offered, one on a mechanism without -PLUS, none on one with it, and the flag
/// `y` ("the server offers no channel binding") on a stream where it was offered. ANONYMOUS' trace data is
/// dropped unread.
Result<FirstMessage, Failure> parse_first_message(Mechanism mechanism, std::string_view bytes,
                                                  const Offer& offer);

}  // namespace vestnik::sasl
