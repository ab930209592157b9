#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace vestnik::s2s {

/// What a certificate's subjectAltName says, as it stands there. The subject's common name is no part of it
/// (RFC 9525 §6.3).
struct CertificateNames {
  std::vector<std::string> dns = {};        ///< dNSName
  std::vector<std::string> srv = {};        ///< id-on-dnsSRV: `_xmpp-server.example.org`
  std::vector<std::string> xmpp = {};       ///< id-on-xmppAddr
  std::vector<std::string> addresses = {};  ///< iPAddress, 4 or 16 bytes in network order
};

/// How many names of a certificate are looked at; one with more proves nothing by those behind.
inline constexpr std::size_t kMaxCertificateNames = 1'000;

/// Whether the certificate names the XMPP domain (RFC 6120 §13.7.1.2, RFC 9525 §6): by a dNSName, in which
/// `*` may stand for the whole left-most of at least three labels; by an SRVName of the service
/// `xmpp-server`; by an xmppAddr that is this domain. `domain` is canonical (U-labels). An address literal is
/// named by an iPAddress only, of which the caller gives the bytes as `address`.
bool names_domain(const CertificateNames& names, std::string_view domain, std::string_view address = {});

}  // namespace vestnik::s2s
