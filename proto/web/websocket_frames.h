#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace vestnik::web {

/// Why a WebSocket is closed (RFC 6455 §7.4.1).
enum class CloseCode : std::uint16_t {
  normal = 1000,
  protocol_error = 1002,  ///< bytes that are no frames of a client
  unacceptable = 1003,    ///< binary messages: XMPP is text
};

/// Takes the text of messages out of the bytes that a client sends, incrementally (RFC 6455 §5), and answers
/// what a WebSocket itself has to answer. Holds no payload, so that there is no message too long for it:
/// whose text it is bounds that. It does not say where messages end: each XMPP element ends by itself. What
/// comes of the bytes does not depend on how they are cut.
class FrameReader {
 public:
  /// The text of the data frames in `bytes`, which are overwritten with it. Pongs, and the answer to a close
  /// frame, are appended to `replies`. Nothing is read behind a close frame or an error.
  std::string_view read(std::span<char> bytes, std::string& replies);

  /// The client has closed, or has sent what no client may send.
  bool over() const { return closed_ || error_; }
  std::optional<CloseCode> error() const { return error_; }

 private:
  enum class Part : std::uint8_t { head, payload };

  bool take_head_byte(std::uint8_t byte);
  std::size_t head_size() const;
  void start_frame();
  bool is_control() const { return (opcode_ & 0x8U) != 0; }
  void end_frame(std::string& replies);
  void fail(CloseCode code) { error_ = code; }

  std::array<std::uint8_t, 14> head_{};
  std::array<std::uint8_t, 4> mask_{};
  std::array<char, 125> control_{};  ///< the payload of a control frame
  std::uint8_t head_bytes_ = 0;
  std::uint8_t opcode_ = 0;
  std::uint8_t control_bytes_ = 0;
  Part part_ = Part::head;
  bool in_message_ = false;  ///< between the fragments of one
  bool closed_ = false;
  std::optional<CloseCode> error_;
  std::uint64_t left_ = 0;  ///< of the payload
  std::uint64_t read_ = 0;  ///< of the payload
};

/// Appends the head of an unfragmented text message of `size` bytes; the text is to follow.
void append_text_head(std::string& out, std::size_t size);
/// Appends a close frame.
void append_close(std::string& out, CloseCode code);

/// The proof that a server has understood a handshake: Sec-WebSocket-Accept for the client's
/// Sec-WebSocket-Key (RFC 6455 §4.2.2). Nothing if that is not the base64 of 16 bytes.
std::optional<std::string> accept_key(std::string_view client_key);

}  // namespace vestnik::web
