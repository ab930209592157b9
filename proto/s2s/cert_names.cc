#include "proto/s2s/cert_names.h"

#include <algorithm>

#include "proto/jid/ascii.h"
#include "proto/jid/jid.h"

namespace vestnik::s2s {
namespace {

constexpr std::string_view kService = "_xmpp-server.";

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, jid_ascii::lower, jid_ascii::lower);
}

// §6.3: a wildcard is the whole left-most label and stands for exactly one.
bool matches_wildcard(std::string_view pattern, std::string_view domain) {
  if (!pattern.starts_with("*.")) return false;
  const std::string_view parent = pattern.substr(2);
  const std::size_t dot = domain.find('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  return parent.find('.') != std::string_view::npos && equal_ignoring_case(parent, domain.substr(dot + 1));
}

bool is_dns_name_of(std::string_view name, std::string_view ascii) {
  return equal_ignoring_case(name, ascii) || matches_wildcard(name, ascii);
}

bool is_srv_name_of(std::string_view name, std::string_view ascii) {
  return name.size() > kService.size() && equal_ignoring_case(name.substr(0, kService.size()), kService) &&
         equal_ignoring_case(name.substr(kService.size()), ascii);
}

bool is_xmpp_address_of(std::string_view name, std::string_view domain) {
  const auto prepared = prepare_domain(name);
  return prepared && *prepared == domain;
}

}  // namespace

bool names_domain(const CertificateNames& names, std::string_view domain, std::string_view address) {
  if (!address.empty()) return std::ranges::find(names.addresses, address) != names.addresses.end();
  const auto ascii = domain_to_ascii(domain);
  if (!ascii) return false;
  const auto any = [](const auto& list, auto matches) { return std::ranges::any_of(list, matches); };
  return any(names.dns, [&](std::string_view name) { return is_dns_name_of(name, *ascii); }) ||
         any(names.srv, [&](std::string_view name) { return is_srv_name_of(name, *ascii); }) ||
         any(names.xmpp, [&](std::string_view name) { return is_xmpp_address_of(name, domain); });
}

}  // namespace vestnik::s2s
