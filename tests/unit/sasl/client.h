#pragma once
// Two clients to authenticate with: gsasl's own, which knows every mechanism, and a bare SCRAM one that
// computes its proof with our wrappers and can be made to misbehave.
#include <gsasl.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proto/base/base64.h"
#include "proto/base/crypto.h"
#include "proto/sasl/mechanisms.h"

namespace vestnik::sasl::test {

class GsaslClient {
 public:
  explicit GsaslClient(Mechanism mechanism) {
    if (gsasl_init(&context_) != GSASL_OK) std::abort();
    if (gsasl_client_start(context_, to_string(mechanism).data(), &session_) != GSASL_OK) std::abort();
  }
  GsaslClient(const GsaslClient&) = delete;
  GsaslClient& operator=(const GsaslClient&) = delete;
  ~GsaslClient() {
    gsasl_finish(session_);
    gsasl_done(context_);
  }

  GsaslClient& set(Gsasl_property property, const std::string& value) {
    gsasl_property_set(session_, property, value.c_str());
    return *this;
  }
  GsaslClient& user(const std::string& name, const std::string& password) {
    return set(GSASL_AUTHID, name).set(GSASL_PASSWORD, password);
  }
  GsaslClient& bind(const ChannelBinding& binding) {
    const bool exporter = binding.type == ChannelBindingType::tls_exporter;
    return set(exporter ? GSASL_CB_TLS_EXPORTER : GSASL_CB_TLS_UNIQUE, base64_encode(binding.data));
  }

  /// What the client says to `input`; nullopt when it will not go on. finished() afterwards: it trusts the
  /// server.
  std::optional<std::string> step(std::string_view input) {
    char* text = nullptr;
    std::size_t size = 0;
    const int rc = gsasl_step(session_, input.data(), input.size(), &text, &size);
    const std::unique_ptr<char, decltype(&gsasl_free)> owner(text, &gsasl_free);
    finished_ = rc == GSASL_OK;
    if (rc != GSASL_OK && rc != GSASL_NEEDS_MORE) return std::nullopt;
    return std::string(text, size);
  }
  bool finished() const { return finished_; }

 private:
  Gsasl* context_ = nullptr;
  Gsasl_session* session_ = nullptr;
  bool finished_ = false;
};

/// `r=…,s=…,i=…` taken apart.
struct ServerFirst {
  std::string nonce;
  std::string salt;  ///< raw
  std::uint32_t iterations = 0;

  explicit ServerFirst(std::string_view text) {
    const std::size_t salt_at = text.find(",s=");
    const std::size_t count_at = text.find(",i=");
    nonce = text.substr(2, salt_at - 2);
    salt = base64_decode(text.substr(salt_at + 3, count_at - salt_at - 3)).value();
    iterations = static_cast<std::uint32_t>(std::stoul(std::string(text.substr(count_at + 3))));
  }
};

/// RFC 5802 §3, the client's half: the proof and the signature the server owes in return.
struct Proof {
  std::string client_proof;
  std::string server_signature;

  Proof(HashKind kind, std::string_view password, std::string_view first_bare, std::string_view server_first,
        std::string_view final_without_proof) {
    const ServerFirst server(server_first);
    const std::string salted = pbkdf2(kind, password, server.salt, server.iterations);
    const std::string client_key = hmac(kind, salted, "Client Key");
    std::string message(first_bare);
    message.append(",").append(server_first).append(",").append(final_without_proof);
    client_proof = hmac(kind, digest(kind, client_key), message);
    for (std::size_t i = 0; i < client_proof.size(); ++i) {
      client_proof[i] = static_cast<char>(client_proof[i] ^ client_key[i]);
    }
    server_signature = hmac(kind, hmac(kind, salted, "Server Key"), message);
  }
};

}  // namespace vestnik::sasl::test
