#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/crypto.h"
#include "proto/base/result.h"
#include "proto/sasl/failure.h"
#include "proto/xml/writer.h"

namespace vestnik::sasl {

/// What this server speaks, the most preferred first: a verified certificate, then SCRAM with and without
/// channel binding (RFC 5802, RFC 7677), then a password in the clear inside TLS (RFC 4616), then no identity
/// at all (RFC 4505).
enum class Mechanism : std::uint8_t {
  external,
  scram_sha_256_plus,
  scram_sha_1_plus,
  scram_sha_256,
  scram_sha_1,
  plain,
  anonymous,
};

/// The registered name: `SCRAM-SHA-256-PLUS`.
std::string_view to_string(Mechanism mechanism);

bool is_scram(Mechanism mechanism);
/// A SCRAM mechanism whose name ends in -PLUS.
bool binds_channel(Mechanism mechanism);
/// The hash of a SCRAM mechanism; for the others there is none and the answer means nothing.
HashKind hash_of(Mechanism mechanism);

/// The channel bindings that gsasl can check.
enum class ChannelBindingType : std::uint8_t {
  tls_exporter,  ///< RFC 9266; TLS 1.3, and TLS 1.2 with the extended master secret
  tls_unique,    ///< RFC 5929 §3; up to TLS 1.2
};

/// The registered name: `tls-exporter`.
std::string_view to_string(ChannelBindingType type);

/// What both ends of one TLS connection know and nobody between them does.
struct ChannelBinding {
  ChannelBindingType type = ChannelBindingType::tls_exporter;
  std::string data;  ///< raw bytes as OpenSSL gives them
};

/// What a host's configuration and one connection allow.
struct OfferPolicy {
  bool encrypted = false;  ///< TLS is up; without it neither PLAIN nor EXTERNAL nor -PLUS is offered
  bool scram = false;
  bool plain = false;
  bool anonymous = false;
  bool certificate = false;  ///< the peer's certificate was verified and names an address of use here
  std::vector<ChannelBindingType> channel_bindings = {};  ///< what this TLS connection can compute
};

/// The mechanisms one stream is offered. It is kept until the stream is authenticated, because only what was
/// offered on this very stream may be used, and because a client that says "you offered no channel binding"
/// is to be caught lying or lied to. A value.
class Offer {
 public:
  Offer() = default;
  explicit Offer(const OfferPolicy& policy);

  /// In order of preference.
  const std::vector<Mechanism>& mechanisms() const { return mechanisms_; }
  /// Empty if no -PLUS mechanism is offered.
  const std::vector<ChannelBindingType>& channel_bindings() const { return channel_bindings_; }

  bool contains(Mechanism mechanism) const;
  /// The mechanism a client asked for by name; `invalid-mechanism` if it was not offered.
  Result<Mechanism, Failure> select(std::string_view name) const;
  /// The offered channel binding of that name.
  std::optional<ChannelBindingType> channel_binding_named(std::string_view name) const;

  /// XEP-0440: `<sasl-channel-binding>`, to stand beside the mechanisms of SASL and of SASL2; nothing if
  /// there is none.
  void write_channel_bindings(xml::Writer& writer) const;

 private:
  std::vector<Mechanism> mechanisms_;
  std::vector<ChannelBindingType> channel_bindings_;
};

}  // namespace vestnik::sasl
