#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "proto/jid/jid.h"
#include "proto/sasl/failure.h"
#include "proto/sasl/first_message.h"
#include "proto/sasl/mechanisms.h"
#include "proto/sasl/scram_keys.h"

struct Gsasl;
struct Gsasl_session;

namespace vestnik::sasl {

/// gsasl's library handle; one per shard. Exchanges only read it.
class Context {
 public:
  /// Throws std::bad_alloc.
  Context();

 private:
  friend class Exchange;
  struct Deleter {
    void operator()(Gsasl* gsasl) const;
  };
  std::unique_ptr<Gsasl, Deleter> gsasl_;
};

/// What the caller found out after it had read the first message, all that an exchange needs to decide. It
/// waits for nothing and asks nobody.
struct Facts {
  /// As whom the peer is authenticated if it proves what it must: from account_of() or
  /// certificate_identity(), for ANONYMOUS the generated address.
  Jid identity = {};
  /// SCRAM: the account's keys for the mechanism's hash, or decoy_keys() when there is no such account.
  ScramKeys keys = {};
  /// SCRAM-…-PLUS: this connection's binding of the type that the first message names.
  std::optional<ChannelBinding> channel_binding = {};
  /// The mechanisms of one message: PLAIN's password is right (verify_plain()), EXTERNAL's certificate stands
  /// for `identity`, ANONYMOUS is welcome.
  bool accepted = false;
};

/// Bytes for the peer, which has to answer.
struct Challenge {
  std::string data;
};
/// The peer is `identity`. `data` is the server's final message (SCRAM), which goes with the good news, or
/// empty.
struct Success {
  std::string data;
  Jid identity;
};
using Step = std::variant<Challenge, Success, Failure>;

/// The server's side of one authentication, without framing: XMPP's SASL profile (sasl1.h) and SASL2 wrap the
/// same steps.
///
///   auto first = parse_first_message(mechanism, bytes, offer);          // each may refuse with a Failure
///   auto account = account_of(*first, host);
///   … fetch the keys, or make decoys …
///   Exchange exchange(context, *std::move(first), {.identity = *account, .keys = …});
///   Step step = exchange.begin();
///   while (auto* challenge = std::get_if<Challenge>(&step)) {
///     send(challenge->data);
///     step = exchange.answer(receive());
///   }
///
/// Single-use: after Success or Failure it is over, a further try begins a new one. Moves, also to another
/// thread as long as its Context lives; normally it is over before a connection moves, and only its Success
/// travels.
///
/// SCRAM is gsasl's work. The three mechanisms of one message are not: once that is parsed and the facts are
/// there, nothing is left to do, and gsasl's PLAIN would keep copies of the password that nobody wipes and
/// refuse user names by SASLprep. What to know about gsasl 2.2 here:
///   - Keys are set as properties beforehand, so that it has nothing to call back for.
///   - It compares H(ClientKey) with StoredKey by memcmp. What the time could tell is how far a hash of
///     (proof XOR HMAC(StoredKey, …)) agrees with StoredKey; without the HMAC nobody can steer that hash
///     towards a better guess, so nothing is learnt.
///   - It frees its copies of StoredKey and ServerKey without wiping them.
///   - It refuses user names with letters newer than Unicode 3.2, and some right-to-left ones, although
///     PRECIS allows them.
///   - It cannot do tls-server-end-point, SHA-512, extensions of the server's messages (XEP-0474), nor a
///     given nonce.
class Exchange {
 public:
  Exchange(const Context& context, FirstMessage first, Facts facts);

  /// Judges the first message. Called once.
  Step begin();

  /// Takes the peer's answer to a Challenge.
  Step answer(std::string_view message);

 private:
  struct Deleter {
    void operator()(Gsasl_session* session) const;
  };

  bool start_session();
  Step advance(std::string_view message);

  const Context* context_;
  FirstMessage first_;
  Facts facts_;
  std::unique_ptr<Gsasl_session, Deleter> session_;  ///< present while SCRAM goes on
};

}  // namespace vestnik::sasl
