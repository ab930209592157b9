#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "core/io/transport.h"
#include "core/runtime/event.h"
#include "core/runtime/timer_wheel.h"
#include "proto/stream/error.h"
#include "proto/stream/header.h"
#include "proto/xml/framer.h"

namespace vestnik {

class S2sShard;

namespace s2s {

/// An XML stream with another server, whichever side made the connection: one coroutine that reads and
/// frames, an outbox that is written once a turn, TLS when a subclass asks for it, an orderly end. What the
/// elements mean is the subclass's. Kept alive by its coroutines; the S2S shard's thread only.
class ServerStream : public std::enable_shared_from_this<ServerStream> {
 public:
  virtual ~ServerStream();
  ServerStream(const ServerStream&) = delete;
  ServerStream& operator=(const ServerStream&) = delete;

  void send(std::string_view xml);
  /// Ends the stream with an error.
  void close(const StreamError& error);
  /// Ends it in order: `</stream:stream>`.
  void finish() { finish(kStreamClose, "closed by this server"); }
  /// Cuts the connection.
  void abort(std::string_view why);
  void flush();

  bool is_open() const { return phase_ == Phase::open; }
  const std::string& address() const { return address_; }
  const TlsEngine* tls() const { return transport_.tls(); }
  std::size_t waiting_bytes() const { return outbox_.size() + transport_.unsent_bytes(); }

 protected:
  ServerStream(S2sShard& shard, Transport::Socket socket);

  /// Starts the coroutine; `name` is a literal for the log.
  void start(std::string_view name);
  /// Has the handshake done as soon as the handler that calls this has returned. What came before it is
  /// discarded (RFC 6120 §5.4.3.3).
  void begin_tls(std::unique_ptr<TlsEngine> tls);
  /// The stream begins anew, after SASL.
  void restart();
  void set_limits(const XmlLimits& limits) { framer_.set_limits(limits); }
  void set_deadline(std::chrono::milliseconds delay);
  const xml::Framer& framer() const { return framer_; }
  S2sShard& shard() const { return shard_; }
  /// Whether our header of the current stream is sent.
  bool header_sent() const { return header_sent_; }
  void send_header(const OwnHeader& header);
  /// Has flush() called at the end of the turn.
  void flush_later();

  // What happens, in the coroutine's turns. Handlers may close the stream.
  virtual void on_header(const StreamHeader& header) = 0;
  virtual void on_element(const xml::Frame& frame) = 0;
  virtual void on_secured() = 0;
  virtual void on_deadline() = 0;
  /// Once: nothing can be sent or received any more. `why` is for people.
  virtual void on_ended(std::string_view why) = 0;
  /// Something to be written, when all before it has been taken by the kernel. Appended to `out`.
  virtual void refill(std::string& /*out*/) {}
  /// Everything written so far has been taken by the kernel.
  virtual void on_drained() {}
  /// For a stream error before any header was sent.
  virtual OwnHeader error_header() = 0;

 private:
  enum class Phase : std::uint8_t { open, closing, dead };

  Task<void> run();
  Task<void> read_stream();
  Task<bool> next_input();
  Task<bool> shake_hands();
  Task<void> breathe();
  Task<void> write_when_possible();
  Task<void> linger();
  void on_event(xml::Framer::Event event);
  void on_stream_error(const xml::Frame& frame);
  void finish(std::string_view last_bytes, std::string_view why);
  void end(std::string_view why);
  void die(std::string_view why);

  S2sShard& shard_;
  Transport transport_;
  xml::Framer framer_;
  std::string address_;
  Phase phase_ = Phase::open;
  std::string outbox_;
  std::string_view input_;  ///< unframed, in the thread's buffer or in carry_
  std::string carry_;
  std::unique_ptr<TlsEngine> awaited_tls_;
  bool header_sent_ = false;
  bool ended_ = false;
  bool peer_closed_ = false;
  bool dirty_ = false;
  bool writer_running_ = false;
  std::size_t turn_bytes_ = 0;
  Event resumed_;
  Timer deadline_;
  Timer pause_;
};

}  // namespace s2s
}  // namespace vestnik
