#include "proto/sasl/identity.h"

#include <algorithm>

namespace vestnik::sasl {
namespace {

Failure invalid_authzid(std::string_view text) {
  return {FailureCondition::invalid_authzid, std::string(text)};
}

}  // namespace

Result<Jid, Failure> account_of(const FirstMessage& first, std::string_view host) {
  const auto account = Jid::from_parts(first.authcid, host);
  if (!account || !account->has_local()) return Err(bad_credentials());
  if (first.authzid.empty()) return *account;
  const auto authzid = Jid::parse(first.authzid);
  if (!authzid || *authzid != *account) {
    return Err(invalid_authzid("The authorization identity is not the bare address of this user."));
  }
  return *account;
}

Result<Jid, Failure> certificate_identity(const FirstMessage& first, std::span<const Jid> candidates) {
  if (candidates.empty()) {
    return Err(Failure{FailureCondition::not_authorized, "The certificate names no address of use here."});
  }
  if (first.authzid.empty()) {
    if (candidates.size() == 1) return candidates.front();
    return Err(invalid_authzid("The certificate names several addresses: say which one."));
  }
  const auto authzid = Jid::parse(first.authzid);
  if (!authzid || std::ranges::find(candidates, *authzid) == candidates.end()) {
    return Err(invalid_authzid("The certificate does not name this address."));
  }
  return *authzid;
}

}  // namespace vestnik::sasl
