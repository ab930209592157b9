#pragma once
#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proto/base/result.h"

namespace vestnik::bench {

struct OpensslFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using TlsContext = std::unique_ptr<SSL_CTX, OpensslFree>;

/// For the load generator. Verifies the server's certificate against `ca_file`; not at all when that is
/// empty, as load tests mostly run against certificates made for the occasion. Throws std::runtime_error.
TlsContext make_client_context(const std::string& ca_file);

/// For the relay: with the given PEM files, or with a self-signed P-256 certificate made on the spot when
/// both are empty. Throws std::runtime_error.
TlsContext make_server_context(const std::string& certificate_file, const std::string& key_file);

/// TLS as a converter between bytes, without a socket; holds no buffer of its own while idle. One thread at a
/// time.
class TlsEngine {
 public:
  enum class Role : std::uint8_t { client, server };

  /// `server_name` (clients only) is sent as SNI and, when the context verifies, checked against the
  /// certificate.
  TlsEngine(SSL_CTX& context, Role role, const std::string& server_name);
  TlsEngine(const TlsEngine&) = delete;  // OpenSSL holds its address
  TlsEngine& operator=(const TlsEngine&) = delete;
  ~TlsEngine() = default;

  /// What the peer sent; taken in full by the calls that follow, up to the next feed().
  void feed(std::string_view ciphertext) { input_ = ciphertext; }

  /// True once the handshake is complete, false while it needs more from the peer. `out` gets what is to be
  /// sent.
  Result<bool, std::string> handshake(std::string& out);
  /// Decrypts up to `size` bytes into `plain`; 0: nothing more for now. `closed()` tells an orderly end.
  Result<std::size_t, std::string> read(char* plain, std::size_t size, std::string& out);
  Result<void, std::string> write(std::string_view plain, std::string& out);
  void shut_down(std::string& out);
  bool closed() const { return closed_; }

  /// RFC 9266, what SCRAM binds to; nullopt below TLS 1.3.
  std::optional<std::string> channel_binding() const;

 private:
  static BIO_METHOD* bio_method();
  std::string reason(int result) const;

  std::unique_ptr<SSL, OpensslFree> ssl_;
  std::string_view input_;
  std::string* output_ = nullptr;
  bool closed_ = false;
};

}  // namespace vestnik::bench
