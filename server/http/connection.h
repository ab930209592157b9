#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "core/io/transport.h"
#include "core/runtime/timer_wheel.h"
#include "server/http/message.h"
#include "shard/stream/address_slot.h"

namespace vestnik::http {

class WebServer;

/// A connection of HTTP/1.1 (RFC 9112), with or without TLS: one request after the other, each answered
/// before the next is read. Becomes a client's XMPP stream when it asks for a WebSocket. Kept alive by its
/// coroutine; the web thread only.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(WebServer& server, Transport::Socket socket, bool tls, AddressSlot slot);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  /// Ends it at once.
  void abort() { transport_.close(); }

 private:
  enum class Read : std::uint8_t { request, end, bad, head_too_large, body_too_large };
  static Response refusal_of(Read problem);

  Task<void> run();
  Task<void> close_in_order();
  Task<bool> shake_hands();
  Task<bool> serve_one();
  Task<Read> read_request(Request* request);
  Task<bool> respond(Response response);
  Task<bool> write(std::string bytes);
  Task<bool> upgrade(Exchange exchange);
  Exchange with_client(Request request) const;

  WebServer& server_;
  Transport transport_;
  bool tls_;
  AddressSlot slot_;
  Timer deadline_;
  std::string input_;  ///< read and not parsed yet
  // Of the request that is answered
  std::string target_;
  bool head_only_ = false;
};

}  // namespace vestnik::http
