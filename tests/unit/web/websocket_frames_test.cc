#include "proto/web/websocket_frames.h"

#include <doctest/doctest.h>

#include <array>
#include <vector>

namespace vestnik::web {
namespace {

/// A client's frame, masked.
std::string frame(unsigned opcode, std::string_view payload, bool fin = true) {
  constexpr std::array<char, 4> kMask{0x12, 0x34, 0x56, 0x78};
  std::string out;
  append_text_head(out, payload.size());
  out[0] = static_cast<char>((fin ? 0x80U : 0U) | opcode);
  out[1] = static_cast<char>(static_cast<unsigned char>(out[1]) | 0x80U);
  out.append(kMask.data(), kMask.size());
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ kMask.at(i % 4));
  return out;
}

struct Outcome {
  std::string text;
  std::string replies;
  bool over = false;
  std::optional<CloseCode> error;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome read(std::string_view bytes, std::size_t piece) {
  FrameReader reader;
  Outcome outcome;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    std::string part(bytes.substr(at, piece));
    outcome.text += reader.read(part, outcome.replies);
  }
  outcome.over = reader.over();
  outcome.error = reader.error();
  return outcome;
}

/// The same however it is cut.
Outcome read(std::string_view bytes) {
  const Outcome whole = read(bytes, bytes.size());
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 64U}) CHECK(read(bytes, piece) == whole);
  return whole;
}

}  // namespace

TEST_CASE("the text of messages, of every form of length") {
  for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 125U, 126U, 127U, 65'535U, 65'536U, 70'001U}) {
    CAPTURE(size);
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i % 23);
    CHECK(read(frame(1, text) + frame(1, "<next/>")).text == text + "<next/>");
  }
}

TEST_CASE("fragments, with control frames between them (RFC 6455 §5.4)") {
  const auto outcome = read(frame(1, "<mess", false) + frame(9, "here?") + frame(0, "age", false) +
                            frame(10, "unasked") + frame(0, "/>"));
  CHECK(outcome.text == "<message/>");
  CHECK(outcome.replies == "\x8A\x05here?");
  CHECK_FALSE(outcome.over);
}

TEST_CASE("a close frame is answered with its code, and nothing is read behind it (§5.5.1)") {
  const auto outcome = read(frame(1, "<a/>") + frame(8, "\x03\xE9going away") + frame(1, "<b/>"));
  CHECK(outcome.text == "<a/>");
  CHECK(outcome.replies == "\x88\x02\x03\xE9");
  CHECK(outcome.over);
  CHECK_FALSE(outcome.error);
  CHECK(read(frame(8, "")).replies == std::string("\x88\0", 2));
}

TEST_CASE("what no client may send") {
  using enum CloseCode;
  const auto error = [](std::string_view bytes) { return read(bytes).error; };
  CHECK(error(frame(2, "binary")) == unacceptable);
  CHECK(error("\x81\x01x") == protocol_error);              // not masked (§5.1)
  CHECK(error(frame(0x41, "reserved")) == protocol_error);  // a reserved bit (§5.2)
  CHECK(error(frame(3, "")) == protocol_error);             // an opcode that is not defined
  CHECK(error(frame(0, "no beginning")) == protocol_error);
  CHECK(error(frame(1, "a", false) + frame(1, "b")) == protocol_error);
  CHECK(error(frame(9, "fragment", false)) == protocol_error);
  CHECK(error(frame(9, std::string(126, 'x'))) == protocol_error);
  CHECK(error(frame(8, "x")) == protocol_error);                                        // half a code
  CHECK(error(std::string("\x81\xFE\0\x05", 4) + "mask" + "12345") == protocol_error);  // not minimal
  CHECK(error(std::string("\x81\xFF\0\0\0\0\0\0\0\x05", 10) + "mask") == protocol_error);
  CHECK(error(std::string("\x81\xFF\x80\0\0\0\0\0\0\0", 10) + "mask") == protocol_error);  // negative
}

TEST_CASE("what we write") {
  std::string out;
  append_text_head(out, 125);
  append_text_head(out, 126);
  append_text_head(out, 65'536);
  append_close(out, CloseCode::normal);
  CHECK(out == std::string("\x81\x7D"
                           "\x81\x7E\0\x7E"
                           "\x81\x7F\0\0\0\0\0\x01\0\0"
                           "\x88\x02\x03\xE8",
                           20));
}

TEST_CASE("the proof of RFC 6455 §1.3, for keys of 16 bytes only") {
  CHECK(accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK_FALSE(accept_key("dGhlIHNhbXBsZSBub25j"));
  CHECK_FALSE(accept_key("no base64"));
  CHECK_FALSE(accept_key(""));
}

}  // namespace vestnik::web
