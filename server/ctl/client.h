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
  /// Returns when the server's process has ended.
  void wait_until_ended();

 private:
  /// Appends what has come to buffer_. False: the server has hung up.
  bool receive();

  int descriptor_;
  int process_;  ///< the server's, as a descriptor that becomes readable at its end; -1 if the system has
                 ///< none
  std::string buffer_;
};

}  // namespace vestnik::ctl
