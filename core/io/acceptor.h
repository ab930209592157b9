#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <string>

#include "core/io/transport.h"
#include "core/runtime/event.h"
#include "core/runtime/reactor.h"
#include "core/runtime/task_scope.h"

namespace vestnik {

/// Listens on one address and port with SO_REUSEPORT, so that every shard has a listener of its own and the
/// kernel spreads connections. Its reactor's thread only (the constructor may run elsewhere before the
/// reactor does).
class Acceptor {
 public:
  using Accepted = std::function<void(Transport::Socket)>;

  /// Binds and listens. Throws std::runtime_error that names address, port and reason.
  Acceptor(Reactor& reactor, const std::string& address, std::uint16_t port, Accepted accepted);
  /// Starts accepting, as a coroutine of `scope`.
  void start(TaskScope& scope);
  void close();

 private:
  Task<void> accept_loop();

  Reactor& reactor_;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Executor> socket_;
  Accepted accepted_;
  Event retry_;
  Timer retry_timer_;
};

}  // namespace vestnik
