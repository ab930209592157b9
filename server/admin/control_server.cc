#include "server/admin/control_server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace vestnik::admin {
namespace {

constexpr std::size_t kMaxRequestBytes = 1U << 20U;
constexpr std::chrono::milliseconds kRetryPause{200};

}  // namespace

ControlServer::ControlServer(Reactor& reactor, TaskScope& scope, const CommandTable& table,
                             ControlSocket& socket)
    : reactor_(reactor),
      scope_(scope),
      table_(table),
      acceptor_(reactor.executor(), Protocol(), socket.release_descriptor()),
      retry_(reactor),
      retry_timer_([this] { retry_.set(); }) {}

void ControlServer::start() { scope_.spawn("control.accept", accept_loop()); }

void ControlServer::close() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  retry_.set();
  for (Socket& socket : connections_) socket.close(ignored);
}

Task<void> ControlServer::accept_loop() {
  while (acceptor_.is_open()) {
    auto [error, socket] = co_await acceptor_.async_accept(boost::asio::as_tuple(kAwait));
    if (!error) {
      connections_.push_front(std::move(socket));
      scope_.spawn("control.connection", serve(connections_.begin()));
    } else if (acceptor_.is_open()) {  // out of descriptors: the next try would fail at once
      reactor_.set(retry_timer_, kRetryPause);
      co_await retry_.wait();
    }
  }
}

Task<void> ControlServer::serve(std::list<Socket>::iterator socket) {
  std::string buffer;
  for (bool open = true; open;) {
    auto input = boost::asio::dynamic_buffer(buffer, kMaxRequestBytes);
    auto [error, size] =
        co_await boost::asio::async_read_until(*socket, input, '\n', boost::asio::as_tuple(kAwait));
    if (error) break;
    std::string line = buffer.substr(0, size - 1);
    input.consume(size);
    open = co_await answer(*socket, std::move(line));
  }
  connections_.erase(socket);
}

Task<bool> ControlServer::answer(Socket& socket, std::string line) {
  Result<Request, CommandError> request = decode_request(std::move(line));
  Reply reply = Err(CommandError{});
  if (request) {
    reply = co_await table_.run(*std::move(request));
  } else {
    reply = Err(std::move(request.error()));
  }
  const std::string text = encode(reply);
  auto [error, size] =
      co_await boost::asio::async_write(socket, boost::asio::buffer(text), boost::asio::as_tuple(kAwait));
  co_return !error;
}

}  // namespace vestnik::admin
