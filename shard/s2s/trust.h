#pragma once
#include <string>
#include <string_view>

#include "core/io/tls_engine.h"

namespace vestnik::s2s {

/// What a connection's certificate is worth for a domain.
struct Trust {
  bool proven = false;  ///< its chain is good and it names the domain (RFC 6120 §13.7)
  std::string reason;   ///< in words, either way
};

/// Judges the peer's certificate; `tls` is null without TLS. `domain` is canonical.
Trust judge_certificate(const TlsEngine* tls, std::string_view domain);
/// The same where signed DNS records say what the certificate of the server `base` has to be (RFC 7673 §4);
/// the connection has been told of them (TlsEngine::expect_dane).
Trust judge_by_dane(const TlsEngine& tls, std::string_view domain, std::string_view base);

}  // namespace vestnik::s2s
