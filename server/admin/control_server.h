#pragma once
#include <boost/asio/local/stream_protocol.hpp>
#include <list>
#include <string>

#include "core/runtime/event.h"
#include "core/runtime/reactor.h"
#include "core/runtime/task_scope.h"
#include "server/admin/command_table.h"
#include "server/admin/control_socket.h"

namespace vestnik::admin {

/// Serves the control socket. The thread of its reactor only.
class ControlServer {
 public:
  /// Takes over the socket's descriptor. `table` must outlive the coroutines in `scope`.
  ControlServer(Reactor& reactor, TaskScope& scope, const CommandTable& table, ControlSocket& socket);

  /// Starts accepting.
  void start();
  /// Ends all connections, those that wait for a reply too.
  void close();

 private:
  using Protocol = boost::asio::local::stream_protocol;
  using Socket = boost::asio::basic_stream_socket<Protocol, Executor>;

  Task<void> accept_loop();
  Task<void> serve(std::list<Socket>::iterator socket);
  Task<bool> answer(Socket& socket, std::string line);

  Reactor& reactor_;
  TaskScope& scope_;
  const CommandTable& table_;
  boost::asio::basic_socket_acceptor<Protocol, Executor> acceptor_;
  Event retry_;
  Timer retry_timer_;
  std::list<Socket> connections_;
};

}  // namespace vestnik::admin
