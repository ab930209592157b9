#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/acceptor.h"
#include "core/io/transport.h"
#include "core/runtime/timer_wheel.h"
#include "server/gateways/mail/gateway.h"

namespace vestnik::mail {

/// What a mail server that brings mail may use.
struct LmtpLimits {
  std::size_t message_bytes = std::size_t{1} << 20U;
  std::size_t connections = 20;
};

class LmtpSession;

/// Takes mail from the mail server (RFC 2033), which is meant to be on the same machine: there is no
/// authentication, so the address it listens on decides who may bring mail. The gateway's thread only.
class LmtpListener {
 public:
  /// Throws std::runtime_error if the address cannot be listened on.
  LmtpListener(StreamThread& thread, Gateway& gateway, const std::string& address, std::uint16_t port,
               LmtpLimits limits);
  ~LmtpListener();

  void start();
  /// Ends all connections.
  void stop();

 private:
  friend class LmtpSession;
  void accept(Transport::Socket socket);

  StreamThread& thread_;
  Gateway& gateway_;
  LmtpLimits limits_;
  Acceptor acceptor_;
  std::set<LmtpSession*> sessions_;
};

/// One connection of the mail server: commands, then a message, again and again. Kept alive by its coroutine.
class LmtpSession : public std::enable_shared_from_this<LmtpSession> {
 public:
  LmtpSession(LmtpListener& listener, Transport::Socket socket);
  ~LmtpSession();
  LmtpSession(const LmtpSession&) = delete;
  LmtpSession& operator=(const LmtpSession&) = delete;

  void start();
  void abort() { transport_.close(); }

 private:
  enum class Next : std::uint8_t { command, message, end };

  Task<void> run();
  Task<bool> fill();
  Task<std::optional<std::string>> read_line();
  Task<bool> read_message();
  Task<bool> reply(std::string text);
  Task<bool> take_message();
  /// The reply to a command, and what comes next.
  std::pair<std::string, Next> obey(std::string_view line);
  std::string take_sender(std::string_view argument);
  std::string take_recipient(std::string_view argument);

  LmtpListener& listener_;
  Transport transport_;
  Timer deadline_;
  std::string input_;
  bool greeted_ = false;
  std::optional<std::string> sender_;
  std::vector<std::string> recipients_;
  std::string message_;
  bool too_large_ = false;
};

}  // namespace vestnik::mail
