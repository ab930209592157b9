#include "proto/web/websocket_frames.h"

#include <algorithm>
#include <cstring>

#include "proto/base/base64.h"
#include "proto/base/crypto.h"

namespace vestnik::web {
namespace {

// RFC 6455 §5.2.
constexpr std::uint8_t kFin = 0x80;
constexpr std::uint8_t kReserved = 0x70;
constexpr std::uint8_t kMasked = 0x80;
constexpr std::uint8_t kContinuation = 0x0;
constexpr std::uint8_t kTextFrame = 0x1;
constexpr std::uint8_t kBinaryFrame = 0x2;
constexpr std::uint8_t kCloseFrame = 0x8;
constexpr std::uint8_t kPing = 0x9;
constexpr std::uint8_t kPong = 0xA;
constexpr std::uint8_t kSizeBits = 0x7F;
constexpr std::uint8_t kShort = 125;   // the longest that stands in the second byte, and in a control frame
constexpr std::uint8_t kSize16 = 126;  // a size of two bytes follows
constexpr std::uint8_t kSize64 = 127;  // of eight
constexpr std::size_t kMaskBytes = 4;

void append_control(std::string& out, std::uint8_t opcode, std::string_view payload) {
  out += static_cast<char>(kFin | opcode);
  out += static_cast<char>(payload.size());
  out.append(payload);
}

void append_big_endian(std::string& out, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
}

// Eight bytes at a time: the mask repeats every four.
void unmask(char* to, const char* from, std::size_t size, std::array<std::uint8_t, 4> mask,
            std::uint64_t offset) {
  std::array<std::uint8_t, 8> turned{};
  for (std::size_t i = 0; i < turned.size(); ++i) turned.at(i) = mask.at((offset + i) % kMaskBytes);
  std::uint64_t wide = 0;
  std::memcpy(&wide, turned.data(), sizeof wide);
  std::size_t i = 0;
  for (; i + sizeof wide <= size; i += sizeof wide) {
    std::uint64_t word = 0;
    std::memcpy(&word, from + i, sizeof word);
    word ^= wide;
    std::memcpy(to + i, &word, sizeof word);
  }
  for (; i < size; ++i) to[i] = static_cast<char>(static_cast<std::uint8_t>(from[i]) ^ turned[i % 8]);
}

}  // namespace

std::string_view FrameReader::read(std::span<char> bytes, std::string& replies) {
  char* text_end = bytes.data();
  std::size_t at = 0;
  while (at < bytes.size() && !over()) {
    if (part_ == Part::head) {
      if (!take_head_byte(static_cast<std::uint8_t>(bytes[at++]))) continue;
      part_ = Part::payload;
      if (left_ == 0) end_frame(replies);
      continue;
    }
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - at));
    char* to = is_control() ? control_.data() + control_bytes_ : text_end;
    unmask(to, bytes.data() + at, size, mask_, read_);
    if (is_control()) {
      control_bytes_ += static_cast<std::uint8_t>(size);
    } else {
      text_end += size;
    }
    at += size;
    left_ -= size;
    read_ += size;
    if (left_ == 0) end_frame(replies);
  }
  return {bytes.data(), text_end};
}

// True when the head is complete and in order.
bool FrameReader::take_head_byte(std::uint8_t byte) {
  head_.at(head_bytes_++) = byte;
  if (head_bytes_ == 2 && (byte & kMasked) == 0) fail(CloseCode::protocol_error);
  if (over() || head_bytes_ < 2 || head_bytes_ < head_size()) return false;
  start_frame();
  return !over();
}

std::size_t FrameReader::head_size() const {
  const std::uint8_t size = head_[1] & kSizeBits;
  return 2 + (size == kSize16 ? 2U : size == kSize64 ? 8U : 0U) + kMaskBytes;
}

void FrameReader::start_frame() {
  const bool fin = (head_[0] & kFin) != 0;
  const std::uint8_t short_size = head_[1] & kSizeBits;
  opcode_ = head_[0] & 0xFU;
  const std::size_t size_bytes = head_bytes_ - kMaskBytes - 2;
  left_ = short_size;
  if (size_bytes > 0) left_ = 0;
  for (std::size_t i = 0; i < size_bytes; ++i) left_ = left_ << 8U | head_.at(2 + i);
  std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(2 + size_bytes), kMaskBytes, mask_.begin());
  read_ = 0;
  head_bytes_ = 0;
  control_bytes_ = 0;

  if ((head_[0] & kReserved) != 0) return fail(CloseCode::protocol_error);
  const bool not_minimal =
      (size_bytes == 2 && left_ <= kShort) || (size_bytes == 8 && (left_ <= 0xFFFF || left_ >> 63U != 0));
  if (not_minimal) return fail(CloseCode::protocol_error);
  switch (opcode_) {
    case kContinuation:
      if (!in_message_) return fail(CloseCode::protocol_error);
      in_message_ = !fin;
      return;
    case kTextFrame:
      if (in_message_) return fail(CloseCode::protocol_error);
      in_message_ = !fin;
      return;
    case kBinaryFrame: return fail(CloseCode::unacceptable);
    case kCloseFrame:
    case kPing:
    case kPong:
      if (!fin || left_ > kShort) fail(CloseCode::protocol_error);
      return;
    default: return fail(CloseCode::protocol_error);
  }
}

void FrameReader::end_frame(std::string& replies) {
  part_ = Part::head;
  const std::string_view payload(control_.data(), control_bytes_);
  if (opcode_ == kPing) append_control(replies, kPong, payload);
  if (opcode_ != kCloseFrame) return;
  // §5.5.1: with the code that came; a code is two bytes or none.
  if (payload.size() == 1) return fail(CloseCode::protocol_error);
  append_control(replies, kCloseFrame, payload.substr(0, 2));
  closed_ = true;
}

void append_text_head(std::string& out, std::size_t size) {
  out += static_cast<char>(kFin | kTextFrame);
  if (size <= kShort) {
    out += static_cast<char>(size);
  } else if (size <= 0xFFFF) {
    out += static_cast<char>(kSize16);
    append_big_endian(out, size, 2);
  } else {
    out += static_cast<char>(kSize64);
    append_big_endian(out, size, 8);
  }
}

void append_close(std::string& out, CloseCode code) {
  std::string payload;
  append_big_endian(payload, static_cast<std::uint16_t>(code), 2);
  append_control(out, kCloseFrame, payload);
}

std::optional<std::string> accept_key(std::string_view client_key) {
  constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  constexpr std::size_t kNonceBytes = 16;
  const auto nonce = base64_decode(client_key);
  if (!nonce || nonce->size() != kNonceBytes) return std::nullopt;
  return base64_encode(digest(HashKind::sha1, std::string(client_key).append(kGuid)));
}

}  // namespace vestnik::web
