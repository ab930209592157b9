#include "core/io/tls_engine.h"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <cstring>
#include <new>

namespace vestnik {

BIO_METHOD* TlsEngine::bio_method() {
  static BIO_METHOD* const kMethod = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "vestnik");
    BIO_meth_set_read(method, &TlsEngine::bio_read);
    BIO_meth_set_write(method, &TlsEngine::bio_write);
    BIO_meth_set_ctrl(method, &TlsEngine::bio_ctrl);
    BIO_meth_set_create(method, [](BIO* bio) {
      BIO_set_init(bio, 1);
      return 1;
    });
    return method;
  }();
  return kMethod;
}

TlsEngine::TlsEngine(std::shared_ptr<const TlsContext> context, std::string_view host, std::string_view alpn)
    : context_(std::move(context)), ssl_(context_->new_server_session(host)), alpn_(alpn) {
  attach();
  SSL_set_accept_state(ssl_);
}

TlsEngine::TlsEngine(std::shared_ptr<const TlsContext> context, std::string_view host,
                     const std::string& server_name, std::string_view alpn)
    : context_(std::move(context)), ssl_(context_->new_client_session(host, server_name, alpn)), alpn_(alpn) {
  attach();
}

void TlsEngine::attach() {
  BIO* bio = BIO_new(bio_method());
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, this);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_app_data(ssl_, reinterpret_cast<char*>(this));
}

TlsEngine::~TlsEngine() { SSL_free(ssl_); }

TlsEngine& TlsEngine::of(const SSL* ssl) { return *static_cast<TlsEngine*>(SSL_get_app_data(ssl)); }

int TlsEngine::bio_read(BIO* bio, char* data, int size) {
  auto& self = *static_cast<TlsEngine*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (self.input_.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t count = std::min(static_cast<std::size_t>(size), self.input_.size());
  std::memcpy(data, self.input_.data(), count);
  self.input_.remove_prefix(count);
  return static_cast<int>(count);
}

int TlsEngine::bio_write(BIO* bio, const char* data, int size) {
  auto& self = *static_cast<TlsEngine*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (self.output_ == nullptr) return size;  // only while the connection is torn down
  self.output_->append(data, static_cast<std::size_t>(size));
  return size;
}

long TlsEngine::bio_ctrl(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

IoStatus TlsEngine::status_of(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return IoStatus::would_block;  // our output never blocks: WANT_WRITE cannot happen
    case SSL_ERROR_ZERO_RETURN: return IoStatus::eof;
    default:
      if (const char* reason = ERR_reason_error_string(ERR_peek_error())) failure_ = reason;
      ERR_clear_error();
      return IoStatus::failed;
  }
}

IoStatus TlsEngine::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  return result == 1 ? IoStatus::ok : status_of(result);
}

bool TlsEngine::has_something_to_read() const { return has_input() || SSL_has_pending(ssl_) == 1; }

IoStatus TlsEngine::read(std::span<char> buffer, std::size_t& size) {
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_, buffer.data(), buffer.size(), &size);
  return result == 1 ? IoStatus::ok : status_of(result);
}

bool TlsEngine::write(std::string_view plaintext) {
  while (!plaintext.empty()) {
    ERR_clear_error();
    std::size_t written = 0;
    if (SSL_write_ex(ssl_, plaintext.data(), plaintext.size(), &written) != 1) {
      ERR_clear_error();
      return false;
    }
    plaintext.remove_prefix(written);
  }
  return true;
}

void TlsEngine::shutdown() {
  if (!handshake_done()) return;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

std::string_view TlsEngine::server_name() const {
  const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? std::string_view{} : std::string_view(name);
}

std::string TlsEngine::channel_binding() const {
  if (!handshake_done()) return {};
  if (is_tls13()) {
    constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
    std::string data(32, '\0');
    const int ok = SSL_export_keying_material(ssl_, reinterpret_cast<unsigned char*>(data.data()),
                                              data.size(), kLabel.data(), kLabel.size(), nullptr, 0, 0);
    return ok == 1 ? data : std::string{};
  }
  // RFC 5929 §3: the first Finished message of the handshake; the client's in a full one, the server's in a
  // resumed one.
  std::string data(EVP_MAX_MD_SIZE, '\0');
  const std::size_t size = SSL_session_reused(ssl_) != 0
                               ? SSL_get_finished(ssl_, data.data(), data.size())
                               : SSL_get_peer_finished(ssl_, data.data(), data.size());
  data.resize(size);
  return data;
}

std::string_view TlsEngine::certificate_problem() const {
  if (SSL_get0_peer_certificate(ssl_) == nullptr) return "there is none";
  return X509_verify_cert_error_string(SSL_get_verify_result(ssl_));
}

X509* TlsEngine::verified_peer_certificate() const {
  X509* certificate = SSL_get0_peer_certificate(ssl_);
  return certificate != nullptr && SSL_get_verify_result(ssl_) == X509_V_OK ? certificate : nullptr;
}

bool TlsEngine::expect_dane(const std::string& base, std::span<const std::string> records) {
  constexpr std::size_t kHead = 3;  // usage, selector, matching type
  ERR_clear_error();
  if (SSL_dane_enable(ssl_, base.c_str()) != 1) throw std::bad_alloc();
  SSL_set1_host(ssl_, nullptr);  // what it names is looked at by the caller
  bool any = false;
  for (const std::string& record : records) {
    if (record.size() <= kHead) continue;
    const auto* bytes = reinterpret_cast<const unsigned char*>(record.data());
    any |= SSL_dane_tlsa_add(ssl_, bytes[0], bytes[1], bytes[2], bytes + kHead, record.size() - kHead) == 1;
  }
  ERR_clear_error();
  return any;
}

std::optional<std::uint8_t> TlsEngine::dane_usage() const {
  std::uint8_t usage = 0;
  if (SSL_get0_dane_authority(ssl_, nullptr, nullptr) < 0) return {};
  if (SSL_get0_dane_tlsa(ssl_, &usage, nullptr, nullptr, nullptr, nullptr) < 0) return {};
  return usage;
}

}  // namespace vestnik
