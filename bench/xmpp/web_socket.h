#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace vestnik::bench {

/// The client's end of XMPP over WebSocket (RFC 6455, RFC 7395) for a server that is believed, as elements
/// and streams are: what a stream sends goes into messages, what comes out of them is a stream again.
class WebSocket {
 public:
  /// The request that asks for it.
  static std::string request(std::string_view domain);
  /// Appends each of these elements as a message; no bytes are masked (the mask is zero).
  static void append(std::string& out, std::string_view elements);

  enum class Event { need_more, agreed, text, closed, refused };
  /// Takes bytes off the front of `input` up to the next event.
  Event next(std::string_view& input);
  /// After text: a piece of a message, valid as long as the input is. After refused: the status line.
  std::string_view text() const { return text_; }

 private:
  Event read_answer(std::string_view& input);

  bool agreed_ = false;
  std::string held_;      ///< the beginning of a frame's head, or of the answer
  std::size_t left_ = 0;  ///< of the frame's payload
  unsigned opcode_ = 0;
  std::string_view text_;
};

}  // namespace vestnik::bench
