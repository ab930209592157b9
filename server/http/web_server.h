#pragma once
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "core/config/config.h"
#include "core/io/acceptor.h"
#include "core/io/tls_context.h"
#include "core/log/log.h"
#include "server/admin/context.h"
#include "server/http/connection.h"
#include "server/http/routes.h"
#include "shard/services.h"
#include "shard/stream/stream_thread.h"

namespace vestnik::http {

/// The web thread: it accepts HTTP connections, reads requests and answers them. Clients' WebSockets leave it
/// for the shards as soon as they are agreed on, so that no message passes it. Its thread only, unless a
/// function says otherwise.
class WebServer {
 public:
  /// Binds the listeners. Throws std::runtime_error when a certificate or a port cannot be used. `services`
  /// and `process` must outlive stop().
  WebServer(std::shared_ptr<const Config> config, Log& log, Services& services, admin::Process& process);
  /// As stop().
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  /// The main thread.
  void start();
  /// Ends all connections and the thread. The main thread; shards must still run, or have been destroyed.
  void stop();
  /// Loads certificates and takes the configuration over. Throws as the constructor does, and then nothing
  /// has changed. The main thread.
  void reload(const std::shared_ptr<const Config>& config);

  StreamThread& thread() { return thread_; }
  const Config& config() const { return thread_.config(); }
  Log& log() { return thread_.log(); }
  Services& services() { return services_; }
  const Routes& routes() const { return routes_; }
  std::set<Connection*>& connections() { return connections_; }
  /// Whether the peer's word counts for whom it speaks.
  bool is_proxy(const boost::asio::ip::address& peer) const;
  std::unique_ptr<TlsEngine> new_tls(std::string_view alpn) const;
  /// A client's stream over a WebSocket begins, on some shard.
  void start_stream(MovedTransport transport, AddressSlot slot, bool secure, bool tls);

 private:
  static std::shared_ptr<const TlsContext> make_tls(const Config& config,
                                                    const TlsContext::TicketKeys& ticket_keys);
  void accept(Transport::Socket socket, bool tls);

  TlsContext::TicketKeys ticket_keys_{};
  std::shared_ptr<const TlsContext> tls_;
  Services& services_;
  StreamThread thread_;
  admin::AdminContext context_;
  Routes routes_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::set<Connection*> connections_;
  std::size_t next_shard_ = 0;
  std::thread running_;
};

}  // namespace vestnik::http
