#include "bench/net/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace vestnik::bench {
namespace {

template <typename T, void (*Free)(T*)>
struct FreeWith {
  void operator()(T* object) const { Free(object); }
};
using PrivateKey = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509, X509_free>>;

std::string openssl_error() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  return text.data();
}

void require(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error(what + ": " + openssl_error());
}

TlsContext make_context(const SSL_METHOD* method) {
  TlsContext context(SSL_CTX_new(method));
  require(context != nullptr, "SSL_CTX_new");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  return context;
}

void use_self_signed_certificate(SSL_CTX* context) {
  constexpr long kDay = 24L * 60 * 60;
  const PrivateKey key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  require(key != nullptr && certificate != nullptr, "making a key");
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 30 * kDay);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  static constexpr std::array<unsigned char, 5> kCommonName{'r', 'e', 'l', 'a', 'y'};
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, kCommonName.data(), kCommonName.size(), -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_set_pubkey(certificate.get(), key.get());
  require(X509_sign(certificate.get(), key.get(), EVP_sha256()) != 0, "signing a certificate");
  require(SSL_CTX_use_certificate(context, certificate.get()) == 1, "certificate");
  require(SSL_CTX_use_PrivateKey(context, key.get()) == 1, "private key");
}

}  // namespace

TlsContext make_client_context(const std::string& ca_file) {
  TlsContext context = make_context(TLS_client_method());
  if (!ca_file.empty()) {
    require(SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) == 1, ca_file);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  }
  return context;
}

TlsContext make_server_context(const std::string& certificate_file, const std::string& key_file) {
  TlsContext context = make_context(TLS_server_method());
  if (certificate_file.empty() && key_file.empty()) {
    use_self_signed_certificate(context.get());
    return context;
  }
  require(SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) == 1, certificate_file);
  require(SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) == 1, key_file);
  return context;
}

// The BIO reads from the bytes fed last and appends to the string named by the call at work: no copy is kept,
// no system call is made behind the connection's back.
BIO_METHOD* TlsEngine::bio_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "bench bytes");
    BIO_meth_set_read_ex(made, [](BIO* bio, char* to, std::size_t size, std::size_t* taken) {
      auto& input = static_cast<TlsEngine*>(BIO_get_data(bio))->input_;
      BIO_clear_retry_flags(bio);
      *taken = std::min(size, input.size());
      if (*taken == 0) {
        BIO_set_retry_read(bio);
        return 0;
      }
      std::memcpy(to, input.data(), *taken);
      input.remove_prefix(*taken);
      return 1;
    });
    BIO_meth_set_write_ex(made, [](BIO* bio, const char* from, std::size_t size, std::size_t* taken) {
      static_cast<TlsEngine*>(BIO_get_data(bio))->output_->append(from, size);
      *taken = size;
      return 1;
    });
    BIO_meth_set_ctrl(made,
                      [](BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1L : 0L; });
    return made;
  }();
  return method;
}

TlsEngine::TlsEngine(SSL_CTX& context, Role role, const std::string& server_name) : ssl_(SSL_new(&context)) {
  if (ssl_ == nullptr) throw std::bad_alloc();
  BIO* bio = BIO_new(bio_method());
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  if (role == Role::server) {
    SSL_set_accept_state(ssl_.get());
    return;
  }
  SSL_set_connect_state(ssl_.get());
  SSL_set_tlsext_host_name(ssl_.get(), server_name.c_str());
  SSL_set1_host(ssl_.get(), server_name.c_str());
}

Result<bool, std::string> TlsEngine::handshake(std::string& out) {
  output_ = &out;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return true;
  if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) return false;
  return Err(reason(result));
}

Result<std::size_t, std::string> TlsEngine::read(char* plain, std::size_t size, std::string& out) {
  output_ = &out;
  ERR_clear_error();
  std::size_t got = 0;
  const int result = SSL_read_ex(ssl_.get(), plain, size, &got);
  if (result == 1) return got;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: return 0U;
    case SSL_ERROR_ZERO_RETURN: closed_ = true; return 0U;
    default: return Err(reason(result));
  }
}

Result<void, std::string> TlsEngine::write(std::string_view plain, std::string& out) {
  output_ = &out;
  while (!plain.empty()) {
    ERR_clear_error();
    std::size_t taken = 0;
    const int result = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &taken);
    if (result != 1) return Err(reason(result));
    plain.remove_prefix(taken);
  }
  return {};
}

void TlsEngine::shut_down(std::string& out) {
  output_ = &out;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
}

std::optional<std::string> TlsEngine::channel_binding() const {
  static constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
  if (SSL_version(ssl_.get()) < TLS1_3_VERSION) return std::nullopt;
  std::array<unsigned char, 32> key{};
  if (SSL_export_keying_material(ssl_.get(), key.data(), key.size(), kLabel.data(), kLabel.size(), nullptr, 0,
                                 0) != 1) {
    return std::nullopt;
  }
  return std::string(key.begin(), key.end());
}

std::string TlsEngine::reason(int result) const {
  if (const long verdict = SSL_get_verify_result(ssl_.get());
      verdict != X509_V_OK && SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE) {
    return std::string("the certificate was refused: ") + X509_verify_cert_error_string(verdict);
  }
  if (ERR_peek_error() != 0) return openssl_error();
  return "TLS error " + std::to_string(SSL_get_error(ssl_.get(), result));
}

}  // namespace vestnik::bench
