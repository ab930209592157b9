#include "bench/xmpp/web_socket.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/xmpp/cutter.h"
#include "proto/web/stream_framing.h"

namespace vestnik::bench {
namespace {

constexpr unsigned kText = 1;
constexpr unsigned kClose = 8;
constexpr std::size_t kMaskBytes = 4;

unsigned byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

std::size_t length_bytes(unsigned second) {
  const unsigned size = second & 0x7FU;
  return size == 126 ? 2 : size == 127 ? 8 : 0;
}

}  // namespace

std::string WebSocket::request(std::string_view domain) {
  return fmt::format(
      "GET /ws HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Protocol: xmpp\r\n\r\n",
      domain);
}

void WebSocket::append(std::string& out, std::string_view elements) {
  Cutter cutter(Cutter::In::stream);
  while (cutter.next(elements) == Cutter::Event::element) {
    const std::size_t head = out.size();
    web::append_element(out, cutter.element().bytes());  // as a server
    const std::size_t mask = head + 2 + length_bytes(byte_at(out, head + 1));
    out[head + 1] = static_cast<char>(byte_at(out, head + 1) | 0x80U);
    out.insert(mask, kMaskBytes, '\0');
  }
}

WebSocket::Event WebSocket::next(std::string_view& input) {
  if (!agreed_) return read_answer(input);
  while (left_ == 0) {
    while (!input.empty() && (held_.size() < 2 || held_.size() < 2 + length_bytes(byte_at(held_, 1)))) {
      held_ += input.front();
      input.remove_prefix(1);
    }
    if (held_.size() < 2 || held_.size() < 2 + length_bytes(byte_at(held_, 1))) return Event::need_more;
    opcode_ = byte_at(held_, 0) & 0xFU;
    left_ = byte_at(held_, 1) & 0x7FU;
    if (held_.size() > 2) left_ = 0;
    for (std::size_t at = 2; at < held_.size(); ++at) left_ = left_ << 8U | byte_at(held_, at);
    held_.clear();
    if (opcode_ == kClose) return Event::closed;
  }
  if (input.empty()) return Event::need_more;
  text_ = input.substr(0, left_);
  input.remove_prefix(text_.size());
  left_ -= text_.size();
  return opcode_ <= kText ? Event::text : next(input);
}

WebSocket::Event WebSocket::read_answer(std::string_view& input) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const std::size_t before = held_.size();
  held_.append(input);
  const auto end = held_.find(kEnd);
  if (end == std::string::npos) {
    input = {};
    return Event::need_more;
  }
  input.remove_prefix(end + kEnd.size() - before);
  text_ = std::string_view(held_).substr(0, held_.find('\r'));
  if (!text_.starts_with("HTTP/1.1 101 ")) return Event::refused;
  held_.clear();
  agreed_ = true;
  return Event::agreed;
}

}  // namespace vestnik::bench
