#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace vestnik {

/// Tells the service manager how the process is doing, by sd_notify(3)'s protocol: datagrams to the socket in
/// NOTIFY_SOCKET. Without that variable nothing happens. Any thread.
class ServiceNotifier {
 public:
  ServiceNotifier();

  void ready() const { send("READY=1"); }
  void reloading() const;
  void stopping() const { send("STOPPING=1"); }
  void alive() const { send("WATCHDOG=1"); }

  /// How often alive() is expected at least (WATCHDOG_USEC); none if it is not.
  std::optional<std::chrono::milliseconds> watchdog() const { return watchdog_; }

 private:
  void send(std::string_view message) const;

  std::string socket_;  ///< a path, or with a leading '@' a name in the abstract namespace
  std::optional<std::chrono::milliseconds> watchdog_;
};

}  // namespace vestnik
