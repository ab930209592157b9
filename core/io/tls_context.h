#pragma once
#include <openssl/ssl.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"

namespace vestnik {

/// Lets go of an SSL_CTX.
struct SslCtxDeleter {
  void operator()(SSL_CTX* ctx) const { SSL_CTX_free(ctx); }
};
using SslCtxPtr = std::unique_ptr<SSL_CTX, SslCtxDeleter>;

/// Whom a TLS context talks to.
enum class TlsPeers : std::uint8_t {
  clients,
  browsers,  ///< and what else speaks HTTP: they are never asked for a certificate
  servers,   ///< others, by whichever side the connection is made
};

/// The server's TLS settings: one SSL_CTX per virtual host, chosen by SNI or by the stream's `to` (RFC 7590,
/// RFC 9325: TLS 1.2 or later, forward secrecy, no compression, no renegotiation). Immutable after
/// construction, shared by all shards; a reload makes a new one, connections keep what they started with.
class TlsContext {
 public:
  /// The secret under which session tickets are encrypted; kept over reloads so that tickets stay good.
  using TicketKeys = std::array<unsigned char, 80>;

  /// Loads every certificate and key. Throws std::runtime_error that names the file and what is wrong with
  /// it.
  TlsContext(const Config& config, const TicketKeys& ticket_keys, TlsPeers peers = TlsPeers::clients);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// A new server-side TLS object, for `host` if it names one of ours (STARTTLS), else for the first host
  /// until SNI says more. Never null.
  SSL* new_server_session(std::string_view host) const;
  /// A new TLS object for a connection we make as `host`, whose certificate it shows. `server_name` is sent
  /// as SNI unless it is empty, `alpn` as the only protocol. Never null.
  SSL* new_client_session(std::string_view host, const std::string& server_name, std::string_view alpn) const;
  /// The context of a host; the first host's when the name is unknown.
  SSL_CTX* context_of(std::string_view host) const;

 private:
  static int on_server_name(SSL* ssl, int* alert, void* self);
  static int on_alpn(SSL* ssl, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                     unsigned int in_size, void* self);
  SslCtxPtr make_context(const Config& config, const HostConfig& host, const TicketKeys& ticket_keys,
                         TlsPeers peers);

  std::map<std::string, SslCtxPtr, std::less<>>
      by_host_;  ///< keyed by A-label name, as SNI has it, and by U-label
  SSL_CTX* first_ = nullptr;
};

}  // namespace vestnik
