#include "shard/c2s/login.h"

#include <utility>

#include "core/io/certificate.h"
#include "core/runtime/event.h"
#include "proto/sasl/identity.h"
#include "shard/shard.h"

namespace vestnik {
namespace {

// The addresses of accounts on `host` that the client's verified certificate names.
std::vector<Jid> certificate_accounts(const TlsEngine* tls, std::string_view host) {
  std::vector<Jid> accounts;
  X509* certificate = tls == nullptr ? nullptr : tls->verified_peer_certificate();
  if (certificate == nullptr) return accounts;
  for (const auto& text : certificate_xmpp_addresses(certificate)) {
    auto jid = Jid::parse(text);
    if (jid && jid->has_local() && jid->is_bare() && jid->domain() == host)
      accounts.push_back(std::move(*jid));
  }
  return accounts;
}

sasl::Failure busy() {
  return {sasl::FailureCondition::temporary_auth_failure, "the server is busy; try again in a moment"};
}

// A name that hashes to this shard, so that an anonymous connection need not move.
Jid anonymous_account(Shard& shard, std::string_view host) {
  for (;;) {
    auto jid = Jid::from_parts("anon-" + shard.new_id(), host);
    if (jid && shard.owns(jid->full())) return std::move(*jid);
  }
}

}  // namespace

sasl::Offer make_offer(const Shard& shard, const StreamFacts& facts, const TlsEngine* tls) {
  const HostConfig* host = shard.config().host(facts.host);
  sasl::OfferPolicy policy{.encrypted = facts.encrypted, .scram = true, .plain = true};
  policy.anonymous = host != nullptr && host->anonymous;
  policy.certificate = !certificate_accounts(tls, facts.host).empty();
  if (tls != nullptr) {
    policy.channel_bindings.push_back(tls->is_tls13() ? sasl::ChannelBindingType::tls_exporter
                                                      : sasl::ChannelBindingType::tls_unique);
  }
  return sasl::Offer(policy);
}

Result<LoginClaim, sasl::Failure> read_claim(Shard& shard, const StreamFacts& facts,
                                             const Transport& transport, sasl::Mechanism mechanism,
                                             std::string_view message) {
  auto first = sasl::parse_first_message(mechanism, message, facts.offer);
  if (!first) return Err(std::move(first.error()));
  if (mechanism == sasl::Mechanism::anonymous) {
    return LoginClaim{std::move(*first), anonymous_account(shard, facts.host)};
  }
  auto account = mechanism == sasl::Mechanism::external
                     ? sasl::certificate_identity(*first, certificate_accounts(transport.tls(), facts.host))
                     : sasl::account_of(*first, facts.host);
  if (!account) return Err(std::move(account.error()));
  return LoginClaim{std::move(*first), std::move(*account)};
}

bool Login::too_many_failures(const boost::asio::ip::address& peer) const {
  const auto& limits = shard_.config().limits;
  const auto now = shard_.reactor().now();
  return shard_.login_guard().exceeded(claim_.account.full(), limits.auth_failures_per_account, now) ||
         shard_.services().addresses.failures_exceed(peer, limits.auth_failures_per_address, now);
}

// The keys for the mechanism's hash. Who has none gets keys that no proof fits, and looks like everybody
// else.
sasl::ScramKeys Login::keys_for(const sasl::Credentials* credentials, HashKind kind,
                                std::uint32_t iterations) const {
  if (credentials != nullptr && credentials->keys(kind)) return *credentials->keys(kind);
  return sasl::decoy_keys(kind, shard_.services().server_secret, claim_.account.full(), iterations);
}

Task<sasl::Step> Login::begin(const Transport* transport) {
  if (too_many_failures(transport->peer_address())) {
    co_return sasl::Failure{sasl::FailureCondition::temporary_auth_failure,
                            "too many failed logins; try again in a minute"};
  }
  const sasl::Mechanism mechanism = claim_.first.mechanism;
  sasl::Facts known{.identity = claim_.account, .accepted = false};
  if (mechanism == sasl::Mechanism::anonymous) {
    known.accepted = true;
  } else {
    const AccountLookup found = co_await shard_.load_account(claim_.account);
    if (found == AccountLookup::failed) co_return busy();
    const Account* account = shard_.accounts().loaded(claim_.account.full());
    const HostConfig* host = shard_.config().host(claim_.account.domain());
    const std::uint32_t iterations = host == nullptr ? sasl::kDefaultIterations : host->scram_iterations;
    disabled_ = account != nullptr && account->record().disabled;
    const sasl::Credentials* credentials = account == nullptr ? nullptr : &account->record().credentials;
    if (sasl::is_scram(mechanism)) {
      known.keys = keys_for(credentials, sasl::hash_of(mechanism), iterations);
    } else if (mechanism == sasl::Mechanism::external) {
      known.accepted = account != nullptr;
    } else {
      const bool has_sha256 = credentials == nullptr || credentials->sha256.has_value() || !credentials->sha1;
      const HashKind kind = has_sha256 ? HashKind::sha256 : HashKind::sha1;
      const sasl::ScramKeys keys = keys_for(credentials, kind, iterations);
      auto hash = [&] { known.accepted = sasl::verify_plain(keys, kind, claim_.first.password); };
      const bool ran = co_await shard_.services().blocking.run(shard_.reactor(), hash);
      if (!ran) co_return busy();
    }
  }
  const TlsEngine* tls = transport->tls();
  if (sasl::binds_channel(mechanism) && tls != nullptr && claim_.first.channel_binding) {
    known.channel_binding = sasl::ChannelBinding{*claim_.first.channel_binding, tls->channel_binding()};
  }
  exchange_.emplace(shard_.sasl(), std::move(claim_.first), std::move(known));
  co_return judged(exchange_->begin());
}

sasl::Step Login::answer(std::string_view message) { return judged(exchange_->answer(message)); }

// Only who has proven to be the account's owner learns that it is disabled.
sasl::Step Login::judged(sasl::Step step) {
  if (disabled_ && std::holds_alternative<sasl::Success>(step)) {
    return sasl::Failure{sasl::FailureCondition::account_disabled, "this account has been disabled"};
  }
  return step;
}

}  // namespace vestnik
