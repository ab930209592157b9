#include "server/ports.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <stdexcept>

namespace vestnik {
namespace {

using boost::asio::ip::tcp;

void require_free_port(boost::asio::io_context& context, const std::string& address, std::uint16_t port) {
  const tcp::endpoint endpoint(boost::asio::ip::make_address(address), port);
  tcp::acceptor probe(context, endpoint.protocol());
  probe.set_option(tcp::acceptor::reuse_address(true));  // connections that linger are no listener
  if (endpoint.address().is_v6()) probe.set_option(boost::asio::ip::v6_only(true));
  boost::system::error_code error;
  probe.bind(endpoint, error);
  if (error) {
    throw std::runtime_error(fmt::format("cannot listen on {} port {}: {}", address, port, error.message()));
  }
}

}  // namespace

void require_free_ports(const Config& config) {
  boost::asio::io_context context;
  const auto require = [&](const std::vector<std::string>& addresses, std::uint16_t port) {
    if (port == 0) return;
    for (const std::string& address : addresses) require_free_port(context, address, port);
  };
  require(config.c2s.listen, config.c2s.starttls_port);
  require(config.c2s.listen, config.c2s.direct_tls_port);
  require(config.http.listen, config.http.tls_port);
  require(config.http.plain_listen, config.http.port);
  if (!config.s2s.enabled) return;
  require(config.s2s.listen, config.s2s.starttls_port);
  require(config.s2s.listen, config.s2s.direct_tls_port);
}

}  // namespace vestnik
