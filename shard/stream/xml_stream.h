#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/transport.h"
#include "core/runtime/event.h"
#include "core/runtime/timer_wheel.h"
#include "proto/stanza/stanza.h"
#include "proto/stream/error.h"
#include "proto/stream/header.h"
#include "proto/xml/framer.h"
#include "shard/stream/address_slot.h"
#include "shard/stream/byte_rate.h"
#include "shard/stream/stream_thread.h"
#include "shard/stream/web_socket.h"

namespace vestnik {

/// What a connection takes along to another thread (RULES 2). Everything by value.
struct MovedStream {
  MovedTransport transport;
  xml::Framer framer;
  std::string unframed;  ///< plaintext behind the element that made it move
  AddressSlot slot;
  std::unique_ptr<WebSocket> web_socket = nullptr;  ///< null: the stream is the TCP connection itself
};

/// An XML stream over TCP (RFC 6120 §4) or a WebSocket (RFC 7395), whoever is at its other end and whichever
/// side made the connection: one coroutine that reads and frames (hops 1 and 2), an outbox that is written
/// once a turn (hop 8), TLS, back-pressure, an orderly end. What the elements mean is the subclass's: it is
/// final, and has `void on_element(const xml::Frame&)`, which is not virtual because every stanza passes it.
///
/// Kept alive by its coroutines; its thread only.
class XmlStream : public Flushable, public std::enable_shared_from_this<XmlStream> {
 public:
  ~XmlStream() override;
  XmlStream(const XmlStream&) = delete;
  XmlStream& operator=(const XmlStream&) = delete;

  /// Queues bytes, written at the end of the turn. Ignored once the stream is ending. A peer that leaves more
  /// than limits.outbox_hard waiting is cut off, at the flush.
  void send(std::string_view xml);
  /// Ends the stream with an error, after what is queued.
  void close(const StreamError& error);
  /// Ends it in order.
  void finish() { finish({}, "closed by this server"); }
  /// Cuts the connection.
  void abort(std::string_view why) { die(why); }
  void flush() override;

  bool is_open() const { return phase_ == Phase::open; }
  const std::string& address() const { return address_; }
  const TlsEngine* tls() const { return transport_.tls(); }
  /// Bytes that the kernel has not taken yet.
  std::size_t queued_bytes() const { return outbox_.size() + transport_.unsent_bytes(); }
  /// Calls `function` once: with true when the kernel has taken all that is queued now, with false when the
  /// connection ended before.
  void when_written(std::move_only_function<void(bool)> function);
  /// Stops reading until resumed as often.
  void pause_input() { ++pauses_; }
  void resume_input() {
    if (--pauses_ == 0) resumed_.set();
  }

 protected:
  XmlStream(StreamThread& thread, std::string_view content_ns, Transport::Socket socket, AddressSlot slot);
  XmlStream(StreamThread& thread, std::string_view content_ns, MovedStream moved);

  /// Starts the coroutine of the finished object; `name` is a literal for the log.
  template <typename Stream>
  static void run(std::string_view name, std::shared_ptr<Stream> stream) {
    TaskScope& tasks = stream->thread_.tasks();
    tasks.spawn(name, live(std::move(stream)));
  }

  /// How the stream came to its end.
  enum class End : std::uint8_t {
    closed,  ///< by one of the two sides, in order or with an error
    lost,    ///< the connection broke, or the peer reads or says nothing any more
  };

  // What happens, in the coroutine's turns. Handlers may close the stream.
  virtual void on_header(const StreamHeader& header) = 0;
  /// The TLS handshake is done.
  virtual void on_secured() {}
  virtual void on_deadline() = 0;
  /// We close the stream with an error; on_ended() follows.
  virtual void on_closing(const StreamError& /*error*/) {}
  /// Once: nothing can be sent any more, nothing is handled any more. `why` is for people.
  virtual void on_ended(End how, std::string_view why) = 0;
  /// The kernel has taken all that was written. What is to be written next is appended to `more`.
  virtual void on_drained(std::string& /*more*/) {}
  /// Calls send_header(): there is a stream error to be sent, and no stream yet for it to stand in.
  virtual void send_error_header() = 0;

  /// Has the handshake done as soon as the handler that calls this has returned. What came before it is
  /// discarded (RFC 6120 §5.4.3.3).
  void begin_tls(std::unique_ptr<TlsEngine> tls) { awaited_tls_ = std::move(tls); }
  /// For a handler that must wait: reading goes on when `task` has ended (RFC 6120 §10.1). It may close or
  /// release() the stream; it has to own what it needs, since frames are gone when it runs.
  void read_on_after(Task<void> task);
  /// The stream begins anew, after SASL.
  void restart();
  /// Takes the connection off this thread; only within read_on_after(), after a flush(). This object is over
  /// then.
  MovedStream release();
  void send_header(const OwnHeader& header);
  /// Whether our header of the current stream is sent.
  bool header_sent() const { return header_sent_; }
  bool is_web_socket() const { return web_socket_ != nullptr; }
  void set_limits(const XmlLimits& limits) { framer_.set_limits(limits); }
  /// How fast is read, this stream alone or with others that share the rate. Null: as fast as bytes come.
  void set_rate(std::shared_ptr<ByteRate> rate) { rate_ = std::move(rate); }
  /// Has on_deadline() called; each call moves the one deadline there is.
  void set_deadline(std::chrono::milliseconds delay);
  /// Has flush(), and with it on_drained(), called at the end of the turn.
  void flush_later();
  /// Gives back memory that the next element would use; for streams that have gone quiet.
  void trim();
  /// The connection has logged in: it no longer counts as a stranger's.
  void logged_in() { slot_.logged_in(); }

  /// Makes a stanza of the frame at hand; `from` and `lang` as Stanza::from_frame has them.
  Result<Stanza, StanzaReject> build_stanza(const xml::Frame& frame, JidView from, std::string_view lang);

  StreamThread& thread() const { return thread_; }
  const xml::Framer& framer() const { return framer_; }
  std::chrono::steady_clock::time_point last_read() const { return last_read_; }
  const boost::asio::ip::address& peer_address() const { return transport_.peer_address(); }
  const Transport& transport() const { return transport_; }

 private:
  enum class Phase : std::uint8_t {
    open,
    closing,  ///< our last bytes are on their way, what still comes is discarded
    moved,    ///< the connection lives on elsewhere
    dead,
  };

  template <typename Stream>
  static Task<void> live(std::shared_ptr<Stream> held);
  bool must_wait() const;
  Task<void> wait();
  Task<bool> next_input();
  bool next_is_element();
  Task<void> end_of_reading();
  Task<void> shake_hands();
  Task<void> breathe();
  bool should_breathe() const;
  std::chrono::milliseconds owed_pause() const;
  void count_for_rate(std::size_t bytes);
  void carry_over();
  void get_in_line();
  Task<void> write_when_possible();
  Task<void> linger();
  bool over_mark() const;
  void tell_written(bool written);
  void on_stream_error(const xml::Frame& frame);
  void finish(std::string_view last_element, std::string_view why);
  // over_web_socket.cc
  void on_framing(const xml::Frame& frame);
  std::string_view read_messages(std::span<char> bytes);
  void end_web_socket();
  void end(End how, std::string_view why);
  void die(std::string_view why);

  StreamThread& thread_;
  std::string_view content_ns_;  ///< a literal
  Transport transport_;
  xml::Framer framer_;
  std::string address_;
  AddressSlot slot_;
  std::unique_ptr<WebSocket> web_socket_;
  std::string outbox_;
  std::vector<std::move_only_function<void(bool)>> awaiting_write_;
  std::string carry_;
  std::string_view input_;  ///< unframed plaintext, in the thread's buffer or in carry_
  Task<void> awaited_;
  std::unique_ptr<TlsEngine> awaited_tls_;
  Phase phase_ = Phase::open;
  bool header_sent_ = false;
  bool ended_ = false;
  bool peer_closed_ = false;
  bool dirty_ = false;
  bool writer_running_ = false;
  int pauses_ = 0;
  std::size_t turn_bytes_ = 0;  ///< read since the coroutine last suspended
  std::shared_ptr<ByteRate> rate_;
  std::chrono::steady_clock::time_point last_read_ = thread_.reactor().now();
  Event resumed_{thread_.reactor()};
  Timer deadline_{[this] { is_open() ? on_deadline() : die("no end of the stream"); }};
  Timer pause_{[this] { resumed_.set(); }};
  bool in_line_ = false;  ///< StreamThread::wait_in_line
};

// Everything that may suspend in here is between elements.
template <typename Stream>
Task<void> XmlStream::live(std::shared_ptr<Stream> held) {
  Stream& self = *held;
  XmlStream& stream = self;
  while (stream.is_open()) {
    if (stream.must_wait()) co_await stream.wait();
    if (!stream.is_open()) break;
    if (stream.input_.empty() && !co_await stream.next_input()) break;
    if (stream.is_open() && stream.next_is_element()) self.on_element(stream.framer_.frame());
  }
  co_await stream.end_of_reading();
}

}  // namespace vestnik
