#pragma once
#include <string>

#include "core/config/config.h"
#include "proto/base/result.h"
#include "server/http/message.h"

namespace vestnik::http {

/// Where XMPP over WebSocket is served.
inline constexpr std::string_view kWebSocketPath = "/ws";

/// Whether the request asks for a WebSocket there.
bool is_web_socket(const Request& request);

/// The answer that makes the connection a WebSocket (RFC 6455 §4.2.2, RFC 7395 §3.1), or the one that refuses
/// and says why.
Result<std::string, Response> agree_to_web_socket(const Exchange& exchange, const Config& config);

/// What a request gets that comes here without asking for one.
Response web_socket_wanted();

}  // namespace vestnik::http
