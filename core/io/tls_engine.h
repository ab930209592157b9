#pragma once
#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/io_error.h"
#include "core/io/tls_context.h"

namespace vestnik {

/// TLS of one connection without any I/O: ciphertext is fed in and taken out, plaintext the other way (own
/// BIO over the thread's buffers, hence no buffer of its own while idle). Heap-allocated and address-stable,
/// so that it can move to another thread with its connection. One thread at a time; never two calls at once.
class TlsEngine {
 public:
  /// The accepting side. `alpn` is the protocol accepted in ALPN and must be a literal: `xmpp-client`.
  TlsEngine(std::shared_ptr<const TlsContext> context, std::string_view host, std::string_view alpn);
  /// The connecting side, as our `host`, to the server of this name (see TlsContext::new_client_session).
  TlsEngine(std::shared_ptr<const TlsContext> context, std::string_view host, const std::string& server_name,
            std::string_view alpn);
  ~TlsEngine();
  TlsEngine(const TlsEngine&) = delete;
  TlsEngine& operator=(const TlsEngine&) = delete;

  /// The engine behind an SSL object; for OpenSSL's callbacks.
  static TlsEngine& of(const SSL* ssl);

  /// Ciphertext to be read next. The view must stay valid until read() or handshake() says would_block, or
  /// take_input().
  void feed(std::string_view ciphertext) { input_ = ciphertext; }
  /// Takes back what was fed and not yet used.
  std::string_view take_input() { return std::exchange(input_, {}); }
  bool has_input() const { return !input_.empty(); }
  /// False if read() is certain to block until more is fed.
  bool has_something_to_read() const;

  /// Where ciphertext goes from now on (appended). Set before every call that may write.
  void set_output(std::string* output) { output_ = output; }

  /// One step of the handshake. ok: it is complete.
  IoStatus handshake();
  bool handshake_done() const { return SSL_is_init_finished(ssl_) == 1; }
  /// Decrypts into `buffer`; `size` is set when ok.
  IoStatus read(std::span<char> buffer, std::size_t& size);
  /// Encrypts all of `plaintext` into the output. False: the session is broken.
  bool write(std::string_view plaintext);
  /// Sends close_notify.
  void shutdown();

  std::string_view alpn() const { return alpn_; }
  /// The name the client asked for by SNI, or "".
  std::string_view server_name() const;
  /// `TLSv1.3`.
  std::string_view version() const { return SSL_get_version(ssl_); }
  std::string_view cipher() const { return SSL_get_cipher_name(ssl_); }
  bool is_tls13() const { return SSL_version(ssl_) == TLS1_3_VERSION; }
  /// Channel-binding data: tls-exporter (RFC 9266) on TLS 1.3, tls-unique (RFC 5929) on 1.2. Empty if there
  /// is none.
  std::string channel_binding() const;
  /// The peer's certificate if one was given and its chain verified, else null. Lives as long as the engine.
  X509* verified_peer_certificate() const;
  /// Why there is none, in a few words: `certificate has expired`.
  std::string_view certificate_problem() const;
  /// Connecting side, before the handshake: the certificate has to match one of these TLSA records (their
  /// data in DNS, RFC 6698 §2.1) of the server `base`. False: none of them can be used, nothing has changed.
  bool expect_dane(const std::string& base, std::span<const std::string> records);
  /// After it: the usage (0 to 3) of the record that the certificate matched, if it did.
  std::optional<std::uint8_t> dane_usage() const;
  /// What OpenSSL said when the session broke, or "".
  std::string_view failure() const { return failure_; }

 private:
  void attach();
  static int bio_read(BIO* bio, char* data, int size);
  static int bio_write(BIO* bio, const char* data, int size);
  static long bio_ctrl(BIO* bio, int command, long number, void* pointer);
  static BIO_METHOD* bio_method();
  IoStatus status_of(int result);

  std::shared_ptr<const TlsContext> context_;
  SSL* ssl_;
  std::string_view alpn_;
  std::string_view input_;
  std::string* output_ = nullptr;
  std::string_view failure_;  ///< OpenSSL's own text
};

}  // namespace vestnik
