#include "shard/s2s/trust.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/asio/ip/address.hpp>

#include "core/io/certificate.h"
#include "proto/s2s/cert_names.h"
#include "shard/s2s/literal.h"

namespace vestnik::s2s {
namespace {

// The bytes of an address literal as certificates have them; empty for a name.
std::string bytes_of(std::string_view domain) {
  const auto address = parse_literal(domain);
  if (!address) return {};
  if (address->is_v4()) {
    const auto bytes = address->to_v4().to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  const auto bytes = address->to_v6().to_bytes();
  return {bytes.begin(), bytes.end()};
}

std::string describe(const CertificateNames& names) {
  std::vector<std::string> all = names.dns;
  all.insert(all.end(), names.srv.begin(), names.srv.end());
  all.insert(all.end(), names.xmpp.begin(), names.xmpp.end());
  constexpr std::size_t kShown = 5;
  const std::size_t shown = std::min(all.size(), kShown);
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(shown);
  return all.empty()
             ? "nobody"
             : fmt::format("{}{}", fmt::join(all.begin(), end, ", "), shown < all.size() ? ", …" : "");
}

}  // namespace

Trust judge_certificate(const TlsEngine* tls, std::string_view domain) {
  if (tls == nullptr) return {false, "the connection is not encrypted"};
  X509* certificate = tls->verified_peer_certificate();
  if (certificate == nullptr)
    return {false, fmt::format("no good certificate: {}", tls->certificate_problem())};
  const CertificateNames names = certificate_names(certificate);
  if (names_domain(names, domain, bytes_of(domain)))
    return {true, fmt::format("the certificate names {}", domain)};
  return {false, fmt::format("the certificate names {}, not {}", describe(names), domain)};
}

Trust judge_by_dane(const TlsEngine& tls, std::string_view domain, std::string_view base) {
  constexpr std::uint8_t kDomainIssued = 3;  // DANE-EE
  const auto usage = tls.dane_usage();
  if (!usage) {
    return {false, fmt::format("the certificate is not what the signed DNS records (TLSA) of {} say: {}",
                               base, tls.certificate_problem())};
  }
  // The record names the certificate itself: what that says of names and times does not count (RFC 7673
  // §4.2.1).
  if (*usage == kDomainIssued)
    return {true, fmt::format("signed DNS records of {} name the certificate", base)};
  const CertificateNames names = certificate_names(tls.verified_peer_certificate());
  if (names_domain(names, domain, {}) || names_domain(names, base, {})) {
    return {true, fmt::format("signed DNS records of {} name the certificate's authority", base)};
  }
  return {false, fmt::format("the certificate names {}, neither {} nor {}", describe(names), domain, base)};
}

}  // namespace vestnik::s2s
