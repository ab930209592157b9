#pragma once
#include <string>
#include <string_view>

#include "proto/stream/header.h"
#include "proto/xml/framer.h"

namespace vestnik::web {

/// XMPP over WebSocket: `<open/>` and `<close/>` instead of a stream's tags, one message for each element
/// (RFC 7395 §3.3).
inline constexpr std::string_view kFramingNs = "urn:ietf:params:xml:ns:xmpp-framing";
/// What a client names in Sec-WebSocket-Protocol.
inline constexpr std::string_view kSubprotocol = "xmpp";
inline constexpr std::string_view kClose = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>";

/// Reads `<open/>` as the header of a stream of clients.
StreamHeader read_open(const xml::Frame& open);
/// Our `<open/>`.
std::string write_open(const OwnHeader& header);

/// Appends the message that carries `element`. What stands in the namespaces of the stream's header over TCP
/// declares them itself here (RFC 7395 §3.3.3).
void append_element(std::string& out, std::string_view element);

}  // namespace vestnik::web
