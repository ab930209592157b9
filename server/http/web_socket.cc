#include "server/http/web_socket.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "proto/web/stream_framing.h"
#include "proto/web/websocket_frames.h"

namespace vestnik::http {
namespace {

constexpr std::string_view kVersion = "13";

std::unexpected<Response> refuse(Status status, std::string text) {
  return Err(text_response(status, std::move(text)));
}

// Scripts of a page may only go where the page's origin is let in; what is no browser sends none, and could
// send any.
bool is_let_in(const Request& request, const HttpConfig& config) {
  const std::string_view origin = field_of(request, Field::origin);
  if (origin.empty()) return true;
  const std::string host(field_of(request, Field::host));
  const bool is_own = origin == "https://" + host || origin == "http://" + host;
  return is_own || std::ranges::any_of(config.origins, [&](const std::string& allowed) {
           return allowed == "*" || allowed == origin;
         });
}

}  // namespace

bool is_web_socket(const Request& request) {
  return path_of(request) == kWebSocketPath && boost::beast::websocket::is_upgrade(request);
}

Response web_socket_wanted() {
  Response wanted = text_response(
      Status::upgrade_required, "Here is XMPP over WebSocket (RFC 7395); come with a client that speaks it.");
  wanted.set(Field::upgrade, "websocket");
  wanted.set(Field::sec_websocket_version, kVersion);
  return wanted;
}

Result<std::string, Response> agree_to_web_socket(const Exchange& exchange, const Config& config) {
  const Request& request = exchange.request;
  if (field_of(request, Field::sec_websocket_version) != kVersion) return Err(web_socket_wanted());
  const auto proof = web::accept_key(field_of(request, Field::sec_websocket_key));
  if (!proof) return refuse(Status::bad_request, "Sec-WebSocket-Key is not the base64 of 16 bytes.");
  boost::beast::http::token_list protocols(request[Field::sec_websocket_protocol]);
  if (!protocols.exists(web::kSubprotocol)) {
    return refuse(Status::bad_request, "Sec-WebSocket-Protocol has to name xmpp.");
  }
  if (!is_let_in(request, config.http)) {
    return refuse(Status::forbidden, "Pages of this origin are not let in here (http.origins).");
  }
  if (!exchange.secure && config.c2s.tls_required) {
    return refuse(Status::forbidden, "Passwords do not go in the clear here: connect with wss://.");
  }
  return fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: {}\r\nSec-WebSocket-Protocol: {}\r\nServer: Vestnik\r\n\r\n",
      *proof, web::kSubprotocol);
}

}  // namespace vestnik::http
