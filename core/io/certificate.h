#pragma once
#include <openssl/x509.h>

#include <string>
#include <vector>

#include "proto/s2s/cert_names.h"

namespace vestnik {

/// The XMPP addresses a certificate names: id-on-xmppAddr entries of its subjectAltName (RFC 6120 §13.7.1.4),
/// as text, not prepared. The subject's common name never counts (RFC 9525).
std::vector<std::string> certificate_xmpp_addresses(X509* certificate);

/// What a server's certificate names, at most s2s::kMaxCertificateNames of them.
s2s::CertificateNames certificate_names(X509* certificate);

}  // namespace vestnik
