#include "proto/sasl/scram_keys.h"

#include <gsasl.h>
#include <openssl/crypto.h>

#include <array>
#include <memory>
#include <utility>

namespace vestnik::sasl {
namespace {

constexpr std::size_t kSaltBytes = 16;

std::string fresh_salt(RandomSource& random) {
  std::array<std::byte, kSaltBytes> bytes{};
  random.fill(bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// gsasl 2.2 hands its flag GSASL_ALLOW_UNASSIGNED to libidn as "no unassigned": they pass without it.
constexpr auto kUnassignedPass = static_cast<Gsasl_saslprep_flags>(0);

std::optional<Secret> saslprep(const Secret& terminated) {
  char* text = nullptr;
  // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): what a Secret reveals ends in a zero
  const int rc = gsasl_saslprep(terminated.reveal().data(), kUnassignedPass, &text, nullptr);
  const std::unique_ptr<char, decltype(&gsasl_free)> owner(text, &gsasl_free);
  if (rc != GSASL_OK) return std::nullopt;
  const std::string_view result(text);
  Secret prepared{std::string(result)};
  OPENSSL_cleanse(text, result.size());
  return prepared;
}

}  // namespace

Result<Secret, PasswordError> prepare_password(std::string_view password) {
  if (password.contains('\0')) return Err(PasswordError::prohibited);
  const Secret terminated{std::string(password)};
  std::optional<Secret> prepared = saslprep(terminated);
  if (!prepared) return Err(PasswordError::prohibited);
  if (prepared->empty()) return Err(PasswordError::empty);
  return *std::move(prepared);
}

ScramKeys derive_scram_keys(HashKind kind, const Secret& password, std::string_view salt,
                            std::uint32_t iterations) {
  const Secret salted(pbkdf2(kind, password.reveal(), salt, iterations));
  const Secret client_key(hmac(kind, salted.reveal(), "Client Key"));
  return {.salt = std::string(salt),
          .iterations = iterations,
          .stored_key = digest(kind, client_key.reveal()),
          .server_key = hmac(kind, salted.reveal(), "Server Key")};
}

Credentials make_credentials(const Secret& password, RandomSource& random, std::uint32_t iterations) {
  return {.sha1 = derive_scram_keys(HashKind::sha1, password, fresh_salt(random), iterations),
          .sha256 = derive_scram_keys(HashKind::sha256, password, fresh_salt(random), iterations)};
}

bool verify_plain(const ScramKeys& keys, HashKind kind, const Secret& password) {
  if (keys.iterations == 0) return false;  // a damaged row
  const ScramKeys derived = derive_scram_keys(kind, password, keys.salt, keys.iterations);
  return equal_constant_time(derived.stored_key, keys.stored_key);
}

ScramKeys decoy_keys(HashKind kind, std::string_view server_secret, std::string_view account,
                     std::uint32_t iterations) {
  const auto derive = [&](std::string_view purpose, std::size_t bytes) {
    std::string label = "vestnik decoy ";
    label += purpose;
    label += kind == HashKind::sha1 ? " sha-1" : " sha-256";
    label += '\0';  // so that no purpose and account can be read as another pair
    label += account;
    return hmac(HashKind::sha256, server_secret, label).substr(0, bytes);
  };
  return {.salt = derive("salt", kSaltBytes),
          .iterations = iterations,
          .stored_key = derive("stored key", digest_size(kind)),
          .server_key = derive("server key", digest_size(kind))};
}

}  // namespace vestnik::sasl
