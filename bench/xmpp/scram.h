#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/base/crypto.h"
#include "proto/base/result.h"

namespace vestnik::bench {

/// What a client derives from password, salt and iteration count. Kept from one login of a user to the next,
/// so that PBKDF2 (milliseconds) does not make the load generator dearer than the server.
struct ScramKeys {
  HashKind hash = HashKind::sha256;
  std::string salt;
  std::uint32_t iterations = 0;
  std::string client_key;
  std::string server_key;
};

/// The client's side of one SCRAM exchange (RFC 5802).
class ScramClient {
 public:
  struct Login {
    std::string_view user;
    std::string_view password;
    HashKind hash = HashKind::sha256;
    std::string_view nonce;                      ///< printable, without ','
    std::optional<std::string> channel_binding;  ///< tls-exporter bytes; selects the -PLUS form
  };
  /// `cache` holds the user's keys between exchanges; it is filled and replaced as the server's salt demands.
  ScramClient(const Login& login, std::optional<ScramKeys>& cache);

  std::string first_message() const { return gs2_header_ + first_bare_; }
  /// The client-final message, or what is wrong with the server's challenge.
  Result<std::string, std::string> answer(std::string_view server_first);
  /// Whether the server knew the password too; an error otherwise.
  Result<void, std::string> verify(std::string_view server_final) const;

 private:
  const ScramKeys& keys_for(std::string_view salt, std::uint32_t iterations);

  std::optional<ScramKeys>& cache_;
  HashKind hash_;
  std::string password_;
  std::string nonce_;
  std::string gs2_header_;
  std::string channel_binding_;
  std::string first_bare_;
  std::string auth_message_;
};

}  // namespace vestnik::bench
