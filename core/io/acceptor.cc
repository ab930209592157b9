#include "core/io/acceptor.h"

#include <sys/socket.h>

#include <boost/asio/ip/v6_only.hpp>
#include <stdexcept>

namespace vestnik {
namespace {

// How long to wait when the process is out of descriptors; each accept would fail at once.
constexpr std::chrono::milliseconds kOutOfDescriptorsPause{200};
constexpr int kBacklog = 4096;

}  // namespace

Acceptor::Acceptor(Reactor& reactor, const std::string& address, std::uint16_t port, Accepted accepted)
    : reactor_(reactor),
      socket_(reactor.executor()),
      accepted_(std::move(accepted)),
      retry_(reactor),
      retry_timer_([this] { retry_.set(); }) {
  try {
    const boost::asio::ip::tcp::endpoint endpoint(boost::asio::ip::make_address(address), port);
    socket_.open(endpoint.protocol());
    const int on = 1;
    socket_.set_option(boost::asio::socket_base::reuse_address(true));
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (endpoint.address().is_v6()) socket_.set_option(boost::asio::ip::v6_only(true));
    socket_.bind(endpoint);
    socket_.listen(kBacklog);
  } catch (const boost::system::system_error& error) {
    throw std::runtime_error(
        fmt::format("cannot listen on {} port {}: {}", address, port, error.code().message()));
  }
}

void Acceptor::start(TaskScope& scope) { scope.spawn("accept", accept_loop()); }

void Acceptor::close() {
  boost::system::error_code error;
  socket_.close(error);
  retry_.set();
}

Task<void> Acceptor::accept_loop() {
  while (socket_.is_open()) {
    auto [error, socket] = co_await socket_.async_accept(boost::asio::as_tuple(kAwait));
    if (!error) {
      accepted_(Transport::Socket(std::move(socket)));
    } else if (error == boost::asio::error::no_descriptors || error == boost::asio::error::no_buffer_space ||
               error == boost::asio::error::no_memory) {
      reactor_.set(retry_timer_, kOutOfDescriptorsPause);
      co_await retry_.wait();
    }
  }
}

}  // namespace vestnik
