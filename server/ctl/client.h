#pragma once
#include <filesystem>
#include <string>

#include "server/admin/protocol.h"

namespace vestnik::ctl {

/// A connection to the server's control socket.
class Client {
 public:
  /// Throws std::system_error if nobody answers.
  explicit Client(const std::filesystem::path& socket);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Sends a request and waits for its reply. Throws std::system_error if the server hangs up before.
  admin::Reply ask(const admin::Request& request);
  /// Returns when the server has closed the connection, which a stopping server does last of all.
  void wait_until_closed();

 private:
  /// Appends what has come to buffer_. False: the server has hung up.
  bool receive();

  int descriptor_;
  std::string buffer_;
};

}  // namespace vestnik::ctl
