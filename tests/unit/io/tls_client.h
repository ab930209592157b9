#pragma once
#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace vestnik {

/// A TLS client in memory, by OpenSSL's own buffers: what the engine under test is held against.
class TlsClient {
 public:
  struct Options {
    int version = TLS1_3_VERSION;
    std::string server_name = {};
    std::string alpn = {};           ///< one protocol
    SSL_SESSION* session = nullptr;  ///< to resume
  };

  explicit TlsClient(const Options& options)
      : context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free), ssl_(SSL_new(context_.get()), &SSL_free) {
    SSL_set_min_proto_version(ssl_.get(), options.version);
    SSL_set_max_proto_version(ssl_.get(), options.version);
    if (!options.server_name.empty()) SSL_set_tlsext_host_name(ssl_.get(), options.server_name.c_str());
    if (!options.alpn.empty()) {
      const std::string list = std::string(1, static_cast<char>(options.alpn.size())) + options.alpn;
      SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(list.data()),
                          static_cast<unsigned>(list.size()));
    }
    if (options.session != nullptr) SSL_set_session(ssl_.get(), options.session);
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_.get());
  }

  SSL* ssl() { return ssl_.get(); }

  /// A step of the handshake after `from_server` came. True: it is complete.
  bool handshake(std::string_view from_server = {}) {
    receive(from_server);
    return SSL_do_handshake(ssl_.get()) == 1;
  }
  /// Ciphertext for the server since the last call.
  std::string take_output() {
    std::string out(BIO_ctrl_pending(SSL_get_wbio(ssl_.get())), '\0');
    if (!out.empty()) BIO_read(SSL_get_wbio(ssl_.get()), out.data(), static_cast<int>(out.size()));
    return out;
  }
  /// The ciphertext of a text.
  std::string encrypt(std::string_view text) {
    REQUIRE(SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())) > 0);
    return take_output();
  }
  /// The text of all ciphertext that has come; also when the server has closed.
  std::string decrypt(std::string_view ciphertext) {
    receive(ciphertext);
    std::string text;
    std::array<char, 4'096> piece;
    for (int got = 0; (got = SSL_read(ssl_.get(), piece.data(), piece.size())) > 0;) {
      text.append(piece.data(), static_cast<std::size_t>(got));
    }
    return text;
  }
  bool closed_by_server() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  /// The common name of the certificate that the server showed.
  std::string shown_name() const {
    std::array<char, 256> name{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl_.get())), NID_commonName,
                              name.data(), name.size());
    return name.data();
  }

 private:
  void receive(std::string_view ciphertext) {
    if (!ciphertext.empty())
      BIO_write(SSL_get_rbio(ssl_.get()), ciphertext.data(), static_cast<int>(ciphertext.size()));
  }

  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
};

}  // namespace vestnik
