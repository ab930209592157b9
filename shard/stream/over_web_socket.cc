// An XML stream over a WebSocket (RFC 7395): messages in place of a stream of bytes, `<open/>` and `<close/>`
// in place of the stream's tags.
#include "proto/web/stream_framing.h"
#include "shard/stream/xml_stream.h"

namespace vestnik {

std::string_view XmlStream::read_messages(std::span<char> bytes) {
  const std::size_t before = outbox_.size();
  const std::string_view text = web_socket_->frames.read(bytes, outbox_);
  if (outbox_.size() != before) flush_later();
  return text;
}

// The client has closed its WebSocket, as browsers do when a page is left, or has broken it. Without a
// `<close/>` its session may be resumed (§3.6.1), so that nothing of XMPP is said.
void XmlStream::end_web_socket() {
  const auto error = web_socket_->frames.error();
  if (error) web::append_close(outbox_, *error);
  flush();
  die(error ? "what came is no frame of a WebSocket's client" : "the WebSocket was closed");
}

void XmlStream::on_framing(const xml::Frame& frame) {
  if (frame.ns == web::kFramingNs && frame.name == "close") {
    peer_closed_ = true;
    return finish({}, "closed by the other side");
  }
  const bool is_open_tag = frame.ns == web::kFramingNs && frame.name == "open";
  if (!is_open_tag || !web_socket_->header_is_due) {
    return close({StreamCondition::bad_format, is_open_tag ? "the stream is open" : "expected <open/>"});
  }
  web_socket_->header_is_due = false;
  on_header(web::read_open(frame));
}

}  // namespace vestnik
