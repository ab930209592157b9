#include "server/http/web_server.h"

#include <pthread.h>

#include <future>
#include <optional>
#include <utility>

#include "core/io/network_match.h"
#include "server/http/health.h"
#include "server/http/host_meta.h"
#include "server/http/metrics.h"
#include "server/http/web_socket.h"
#include "shard/c2s/connection.h"
#include "shard/shard.h"

namespace vestnik::http {

WebServer::WebServer(std::shared_ptr<const Config> config, Log& log, Services& services,
                     admin::Process& process)
    : services_(services), thread_(log, std::move(config)), context_{thread_.reactor(), services, process} {
  services_.random.fill(std::as_writable_bytes(std::span(ticket_keys_)));
  tls_ = make_tls(this->config(), ticket_keys_);
  thread_.reactor().set_turn_work([this] { return thread_.end_turn(); });
  routes_.add(std::string(kWebSocketPath), {Verb::get},
              [](const Exchange& /*any*/) { return web_socket_wanted(); });
  add_host_meta(routes_, [this]() -> const HttpConfig& { return this->config().http; });
  add_health(routes_, context_);
  add_metrics(routes_, context_);
  const auto listen = [this](const std::vector<std::string>& addresses, std::uint16_t port, bool tls) {
    if (port == 0) return;
    for (const std::string& address : addresses) {
      auto accepted = [this, tls](Transport::Socket socket) { accept(std::move(socket), tls); };
      acceptors_.push_back(std::make_unique<Acceptor>(thread_.reactor(), address, port, std::move(accepted)));
    }
  };
  const HttpConfig& http = this->config().http;
  listen(http.plain_listen, http.port, false);
  listen(http.listen, http.tls_port, true);
}

WebServer::~WebServer() { stop(); }

void WebServer::start() {
  if (acceptors_.empty()) return;
  for (auto& acceptor : acceptors_) acceptor->start(thread_.tasks());
  running_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "web");
    thread_.reactor().run();
  });
}

void WebServer::stop() {
  if (!running_.joinable()) return;
  thread_.reactor().post([this] {
    for (auto& acceptor : acceptors_) acceptor->close();
    for (Connection* connection : connections_) connection->abort();
    thread_.tasks().on_empty([this] { thread_.reactor().stop(); });
  });
  running_.join();
}

void WebServer::reload(const std::shared_ptr<const Config>& config) {
  auto tls = make_tls(*config, ticket_keys_);
  if (!running_.joinable()) return;
  std::promise<void> done;
  thread_.reactor().post([&] {
    thread_.set_config(config);
    tls_ = std::move(tls);
    done.set_value();
  });
  done.get_future().wait();
}

std::shared_ptr<const TlsContext> WebServer::make_tls(const Config& config,
                                                      const TlsContext::TicketKeys& ticket_keys) {
  return std::make_shared<const TlsContext>(config, ticket_keys, TlsPeers::browsers);
}

std::unique_ptr<TlsEngine> WebServer::new_tls(std::string_view alpn) const {
  return std::make_unique<TlsEngine>(tls_, "", alpn);
}

bool WebServer::is_proxy(const boost::asio::ip::address& peer) const {
  return is_in(config().http.proxies, peer);
}

void WebServer::accept(Transport::Socket socket, bool tls) {
  boost::system::error_code error;
  const auto peer = socket.remote_endpoint(error).address();
  if (error) return;
  // Behind a proxy are many; those who want a stream are counted then.
  auto slot = is_proxy(peer) ? std::optional<AddressSlot>(std::in_place)
                             : admit(services_, config().limits, socket, "http.refused");
  if (slot) std::make_shared<Connection>(*this, std::move(socket), tls, *std::move(slot))->start();
}

void WebServer::start_stream(MovedTransport transport, AddressSlot slot, bool secure, bool tls) {
  MovedConnection connection{.stream = {.transport = std::move(transport),
                                        .framer = xml::Framer(config().limits.preauth_xml, false),
                                        .unframed = {},
                                        .slot = std::move(slot),
                                        .web_socket = std::make_unique<WebSocket>()},
                             .facts = {},
                             .claim = {}};
  connection.facts.encrypted = secure;
  connection.facts.direct_tls = tls;
  Shard& shard = *services_.shards[next_shard_++ % services_.shards.size()];
  C2sConnection::move(std::move(connection), shard);
}

}  // namespace vestnik::http
