#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/io/transport.h"
#include "core/runtime/event.h"
#include "core/runtime/task_scope.h"

namespace vestnik {

/// Connects to the first of several addresses that answers: one after the other, the next begun when an
/// earlier one has failed or has been silent for a moment (RFC 8305 §5, with our timers' grain). One race an
/// object; one thread.
class ConnectRace {
 public:
  using Endpoint = boost::asio::ip::tcp::endpoint;

  ConnectRace(Reactor& reactor, TaskScope& tasks, std::vector<Endpoint> endpoints);
  ConnectRace(const ConnectRace&) = delete;
  ConnectRace& operator=(const ConnectRace&) = delete;

  /// The index of the endpoint that won, whose socket is take_socket(); none when all failed, when `patience`
  /// was over, or after cancel().
  Task<std::optional<std::size_t>> run(std::chrono::milliseconds patience);
  Transport::Socket take_socket();
  /// One sentence part for each that failed: `192.0.2.1 port 5269: Connection refused`.
  const std::vector<std::string>& failures() const { return state_->failures; }
  /// Ends run() soon.
  void cancel();

 private:
  // Shared with the attempts, which may end after the race.
  struct State {
    explicit State(Reactor& reactor) : progress(reactor) {}
    Event progress;
    std::vector<Endpoint> endpoints;
    std::vector<Transport::Socket> sockets;
    std::size_t running = 0;
    std::optional<std::size_t> winner;
    std::vector<std::string> failures;
    bool over = false;
  };
  static Task<void> attempt(std::shared_ptr<State> state, std::size_t index);
  void close_all_but_winner();

  Reactor& reactor_;
  TaskScope& tasks_;
  std::shared_ptr<State> state_;
};

}  // namespace vestnik
