#include "core/io/tls_context.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <stdexcept>

#include "core/io/tls_engine.h"
#include "proto/jid/jid.h"

namespace vestnik {
namespace {

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown error" : reason;
}

void require(bool ok, std::string_view what, std::string_view file) {
  if (!ok) throw std::runtime_error(fmt::format("{} '{}': {}", what, file, openssl_reason()));
}

void set_protocol(SSL_CTX* ctx, const TlsConfig& tls) {
  SSL_CTX_set_min_proto_version(ctx, tls.min_version == TlsVersion::tls1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                               SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // RELEASE_BUFFERS: an idle connection costs 15 KB instead of 48. MOVING_WRITE_BUFFER: a retry may come from
  // elsewhere.
  SSL_CTX_set_mode(
      ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  require(SSL_CTX_set_cipher_list(ctx, tls.ciphers.c_str()) == 1, "tls.ciphers", tls.ciphers);
  if (!tls.cipher_suites.empty()) {
    require(SSL_CTX_set_ciphersuites(ctx, tls.cipher_suites.c_str()) == 1, "tls.cipher_suites",
            tls.cipher_suites);
  }
  require(SSL_CTX_set1_groups_list(ctx, tls.groups.c_str()) == 1, "tls.groups", tls.groups);
}

void set_sessions(SSL_CTX* ctx, const TlsConfig& tls, const TlsContext::TicketKeys& ticket_keys) {
  SSL_CTX_set_session_cache_mode(ctx,
                                 SSL_SESS_CACHE_OFF);  // a shared cache would be a lock; tickets need none
  constexpr std::string_view kContextId = "vestnik-c2s";
  SSL_CTX_set_session_id_context(ctx, reinterpret_cast<const unsigned char*>(kContextId.data()),
                                 static_cast<unsigned>(kContextId.size()));
  if (!tls.tickets) {
    SSL_CTX_set_num_tickets(ctx, 0);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    return;
  }
  SSL_CTX_set_num_tickets(ctx, 1);
  TlsContext::TicketKeys keys = ticket_keys;
  SSL_CTX_set_tlsext_ticket_keys(ctx, keys.data(), static_cast<long>(keys.size()));
}

// Client certificates are asked for, never demanded: without one the client logs in by password.
void set_client_certificates(SSL_CTX* ctx, const TlsConfig& tls) {
  if (tls.client_ca.empty()) return;
  require(SSL_CTX_load_verify_locations(ctx, tls.client_ca.c_str(), nullptr) == 1, "tls.client_ca",
          tls.client_ca);
  SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(tls.client_ca.c_str()));
  // The handshake goes on with a bad certificate; SASL EXTERNAL is offered only if SSL_get_verify_result says
  // it is good.
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
}

// The certificate of another server is asked for on both sides, and judged by the stream it comes on: not the
// handshake but the authentication fails without a good one. It is a server's certificate whichever side made
// the connection, so one that says "server authentication" only is good enough.
void set_server_certificates(SSL_CTX* ctx, const std::string& trust) {
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(ctx, 0);
  SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
  if (trust.empty()) {
    require(SSL_CTX_set_default_verify_paths(ctx) == 1, "s2s.trust", "of the system");
  } else {
    require(SSL_CTX_load_verify_locations(ctx, trust.c_str(), nullptr) == 1, "s2s.trust", trust);
  }
  SSL_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
  require(SSL_CTX_dane_enable(ctx) == 1, "DANE", "of OpenSSL");
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
}

}  // namespace

TlsContext::TlsContext(const Config& config, const TicketKeys& ticket_keys, TlsPeers peers) {
  for (const auto& host : config.hosts) {
    SslCtxPtr ctx = make_context(config, host, ticket_keys, peers);
    if (first_ == nullptr) first_ = ctx.get();
    const auto ascii = domain_to_ascii(host.name);
    if (ascii && *ascii != host.name) {
      SSL_CTX_up_ref(ctx.get());
      by_host_.emplace(*ascii, SslCtxPtr(ctx.get()));
    }
    by_host_.emplace(host.name, std::move(ctx));
  }
  for (const auto& service : config.services) {
    SSL_CTX* ctx = context_of(service.host);
    for (const auto& name : {service.domain, domain_to_ascii(service.domain).value_or(service.domain)}) {
      SSL_CTX_up_ref(ctx);
      by_host_.emplace(name, SslCtxPtr(ctx));
    }
  }
  if (first_ == nullptr) throw std::runtime_error("no [[host]] is configured");
}

SslCtxPtr TlsContext::make_context(const Config& config, const HostConfig& host,
                                   const TicketKeys& ticket_keys, TlsPeers peers) {
  const std::string& certificate = host.certificate.empty() ? config.tls.certificate : host.certificate;
  const std::string& key = host.certificate.empty() ? config.tls.key : host.key;
  SslCtxPtr ctx(SSL_CTX_new(TLS_method()));
  if (!ctx) throw std::runtime_error("SSL_CTX_new: " + openssl_reason());
  set_protocol(ctx.get(), config.tls);
  if (peers == TlsPeers::servers) {
    set_server_certificates(ctx.get(), config.s2s.trust);
  } else {
    set_sessions(ctx.get(), config.tls, ticket_keys);
  }
  if (peers == TlsPeers::clients) set_client_certificates(ctx.get(), config.tls);
  require(SSL_CTX_use_certificate_chain_file(ctx.get(), certificate.c_str()) == 1, "certificate",
          certificate);
  require(SSL_CTX_use_PrivateKey_file(ctx.get(), key.c_str(), SSL_FILETYPE_PEM) == 1, "private key", key);
  require(SSL_CTX_check_private_key(ctx.get()) == 1, "private key does not belong to the certificate", key);
  SSL_CTX_set_tlsext_servername_callback(ctx.get(), &TlsContext::on_server_name);
  SSL_CTX_set_tlsext_servername_arg(ctx.get(), this);
  SSL_CTX_set_alpn_select_cb(ctx.get(), &TlsContext::on_alpn, this);
  return ctx;
}

SSL_CTX* TlsContext::context_of(std::string_view host) const {
  const auto found = by_host_.find(host);
  return found == by_host_.end() ? first_ : found->second.get();
}

SSL* TlsContext::new_server_session(std::string_view host) const {
  SSL* ssl = SSL_new(context_of(host));
  if (ssl == nullptr) throw std::bad_alloc();
  return ssl;
}

SSL* TlsContext::new_client_session(std::string_view host, const std::string& server_name,
                                    std::string_view alpn) const {
  SSL* ssl = new_server_session(host);
  SSL_set_connect_state(ssl);
  if (!server_name.empty()) SSL_set_tlsext_host_name(ssl, server_name.c_str());
  std::string protocols(1, static_cast<char>(alpn.size()));
  protocols.append(alpn);
  SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(protocols.data()),
                      static_cast<unsigned>(protocols.size()));
  return ssl;
}

// The context object outlives its connections: every TlsEngine holds a reference to it (tls_engine.h).
int TlsContext::on_server_name(SSL* ssl, int* /*alert*/, void* self) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  const auto& contexts = static_cast<const TlsContext*>(self)->by_host_;
  const auto found = contexts.find(std::string_view(name));
  if (found == contexts.end()) return SSL_TLSEXT_ERR_NOACK;  // the stream header decides later
  SSL_set_SSL_CTX(ssl, found->second.get());
  return SSL_TLSEXT_ERR_OK;
}

// XEP-0368 §3: a client that sends ALPN must name xmpp-client; one that sends none is let in.
int TlsContext::on_alpn(SSL* ssl, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                        unsigned int in_size, void* /*self*/) {
  const std::string_view wanted = TlsEngine::of(ssl).alpn();
  for (unsigned int at = 0; at < in_size;) {
    const unsigned int size = in[at];
    if (at + 1 + size > in_size) break;
    const std::string_view name(reinterpret_cast<const char*>(in) + at + 1, size);
    if (name == wanted) {
      *out = in + at + 1;
      *out_size = static_cast<unsigned char>(size);
      return SSL_TLSEXT_ERR_OK;
    }
    at += 1 + size;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace vestnik
