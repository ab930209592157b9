#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/io/transport.h"
#include "core/runtime/reactor.h"
#include "proto/sasl/exchange.h"
#include "proto/sasl/failure.h"
#include "proto/sasl/first_message.h"
#include "proto/sasl/mechanisms.h"

namespace vestnik {

class Shard;

/// What has been negotiated on a client's stream so far. A plain value, so that it can move with the
/// connection.
struct StreamFacts {
  std::string host;  ///< canonical; empty before the first header
  std::string lang;  ///< of the client's stream
  bool encrypted = false;
  bool direct_tls = false;
  std::uint32_t failed_tries = 0;         ///< proofs and passwords that were wrong
  std::uint32_t failed_negotiations = 0;  ///< messages that failed before any proof was judged
  sasl::Offer offer;
  Jid identity;  ///< bare; empty until authenticated
  bool anonymous = false;
};

/// A client's first SASL message, and whose account it claims: all that has to move to that account's shard.
struct LoginClaim {
  sasl::FirstMessage first;
  Jid account;
};

/// Reads what `<auth>` (or the first `<response>`) brought. Nothing about the account has been asked yet. For
/// ANONYMOUS the account is a fresh name that lives on this shard.
Result<LoginClaim, sasl::Failure> read_claim(Shard& shard, const StreamFacts& facts,
                                             const Transport& transport, sasl::Mechanism mechanism,
                                             std::string_view message);

/// The mechanisms this stream may use.
sasl::Offer make_offer(const Shard& shard, const StreamFacts& facts, const TlsEngine* tls);

/// One SASL exchange on the claimed account's owner shard: fetches what it needs, then steps. The shard's
/// thread only.
class Login {
 public:
  Login(Shard& shard, LoginClaim claim) : shard_(shard), claim_(std::move(claim)) {}
  Login(const Login&) = delete;
  Login& operator=(const Login&) = delete;

  /// Judges the first message. Waits for the store, and for a password to be hashed off the shard.
  Task<sasl::Step> begin(const Transport* transport);
  /// Judges a further one.
  sasl::Step answer(std::string_view message);

  const Jid& account() const { return claim_.account; }

 private:
  sasl::ScramKeys keys_for(const sasl::Credentials* credentials, HashKind kind,
                           std::uint32_t iterations) const;
  sasl::Step judged(sasl::Step step);
  bool too_many_failures(const boost::asio::ip::address& peer) const;

  Shard& shard_;
  LoginClaim claim_;
  bool disabled_ = false;
  std::optional<sasl::Exchange> exchange_;
};

}  // namespace vestnik
