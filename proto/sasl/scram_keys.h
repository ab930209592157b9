#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/base/crypto.h"
#include "proto/base/random.h"
#include "proto/base/result.h"
#include "proto/base/secret.h"

namespace vestnik::sasl {

/// PBKDF2 rounds for new passwords. Every client pays them too, on a phone at each login.
inline constexpr std::uint32_t kDefaultIterations = 10'000;

/// What the server keeps of a password for one hash (RFC 5802 §3): enough to check a proof and to prove
/// itself, not enough to log in. All strings are raw bytes.
struct ScramKeys {
  std::string salt;
  std::uint32_t iterations = 0;
  std::string stored_key;  ///< H(ClientKey)
  std::string server_key;  ///< HMAC(SaltedPassword, "Server Key")

  friend bool operator==(const ScramKeys&, const ScramKeys&) = default;
};

/// What the account store keeps of one password. An account that came from another server may lack one hash.
struct Credentials {
  std::optional<ScramKeys> sha1 = {};
  std::optional<ScramKeys> sha256 = {};

  /// The keys for SHA-1 or SHA-256, or none.
  const std::optional<ScramKeys>& keys(HashKind kind) const { return kind == HashKind::sha1 ? sha1 : sha256; }
};

enum class PasswordError : std::uint8_t {
  empty,       ///< nothing is left after preparation
  prohibited,  ///< control characters, bad UTF-8, mixed directions: clients could not send it
};

/// A password in the form both ends hash: SASLprep (RFC 4013) with unassigned characters let through.
///
/// Not RFC 8265's OpaqueString, although that supersedes it: RFC 5802 §2.2 makes the *client* hash
/// Normalize(password) with SASLprep, clients do, and a server that prepared otherwise would refuse the right
/// password. The two differ only for compatibility characters (`①`) and right-to-left text; "unassigned"
/// means everything newer than Unicode 3.2 (emoji).
Result<Secret, PasswordError> prepare_password(std::string_view password);

/// Hashes a prepared password. Expensive (milliseconds): only in the blocking pool, never on a shard's
/// thread.
ScramKeys derive_scram_keys(HashKind kind, const Secret& password, std::string_view salt,
                            std::uint32_t iterations);

/// Hashes a prepared password for storing, with a fresh salt for each hash. Expensive, as derive_scram_keys()
/// twice.
Credentials make_credentials(const Secret& password, RandomSource& random,
                             std::uint32_t iterations = kDefaultIterations);

/// Whether this prepared password is the one behind `keys`, in a time that does not tell how nearly.
/// Expensive, as derive_scram_keys(). For an unknown user run it on decoy keys, so that it takes as long.
bool verify_plain(const ScramKeys& keys, HashKind kind, const Secret& password);

/// Keys for a user who does not exist. They look like those of one who does: the salt stays the same for the
/// same name and server, the count is the usual one; no proof ever fits (SECURITY: user enumeration).
/// Whoever has another count than `iterations`, after the default was raised, does stand out. `server_secret`
/// is kept in the store; `account` is the canonical bare address. Cheap.
ScramKeys decoy_keys(HashKind kind, std::string_view server_secret, std::string_view account,
                     std::uint32_t iterations = kDefaultIterations);

}  // namespace vestnik::sasl
