#pragma once
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/io/io_buffers.h"
#include "core/io/io_error.h"
#include "core/io/tls_engine.h"
#include "core/runtime/reactor.h"

namespace vestnik {

/// A transport taken off its thread, on its way to another one (RULES 2). Owns the descriptor.
struct MovedTransport {
  MovedTransport() = default;
  MovedTransport(MovedTransport&& other) noexcept;
  MovedTransport& operator=(MovedTransport&&) = delete;
  ~MovedTransport();

  int fd = -1;
  boost::asio::ip::tcp protocol = boost::asio::ip::tcp::v6();
  boost::asio::ip::address peer;
  std::unique_ptr<TlsEngine> tls;
  std::string received;  ///< from the socket, not yet fed to TLS (or to the framer, without TLS)
  std::string unsent;    ///< for the socket
};

/// A TCP socket with or without TLS. Reads into the thread's buffers and encrypts a whole turn's output at
/// once; holds no buffer while idle. Its reactor's thread only.
///
///   for (;;) {
///     auto [status, bytes] = transport.read();
///     if (status == IoStatus::would_block) { co_await transport.readable(); continue; }
///     …
///   }
class Transport {
 public:
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

  struct ReadResult {
    IoStatus status = IoStatus::would_block;
    /// In the thread's buffer, for the reader to overwrite: valid until this coroutine suspends or reads
    /// again.
    std::span<char> bytes;
    std::string_view text() const { return {bytes.data(), bytes.size()}; }
  };

  Transport(IoBuffers& buffers, Socket socket);
  Transport(Reactor& reactor, IoBuffers& buffers, MovedTransport moved);
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  ~Transport();

  /// What is there to be read, decrypted. Never waits.
  ReadResult read();
  /// Resumes when the socket may be readable, or was closed. Read until would_block first.
  auto readable() {
    drained_ = false;
    return socket_.async_wait(Socket::wait_read, boost::asio::as_tuple(kAwait));
  }
  /// Copies input that was received and not read from the thread's buffer. Call before suspending in
  /// mid-buffer.
  void park_input();

  /// Starts TLS as the server. What was received before is discarded (RFC 6120 §5.4.3.3).
  void start_tls(std::unique_ptr<TlsEngine> tls);
  /// One step of the handshake; sends what the step made. would_block: wait for readable().
  IoStatus handshake();
  /// TLS facts; null on plain TCP.
  const TlsEngine* tls() const { return tls_.get(); }

  /// Encrypts and writes as much of `plaintext` as the socket takes; the rest (ciphertext) is kept. False:
  /// broken.
  bool write(std::string_view plaintext);
  /// Continues with what an earlier write() kept. False: broken.
  bool write_unsent();
  std::size_t unsent_bytes() const { return unsent_.size(); }
  /// Resumes when the socket may take more.
  auto writable() { return socket_.async_wait(Socket::wait_write, boost::asio::as_tuple(kAwait)); }

  /// Takes the connection off this thread. No wait may be outstanding. The transport is closed afterwards.
  MovedTransport release();
  /// Wakes whoever waits for readable() or writable(), with an error.
  void stop_waiting();
  /// Says that nothing more will be written: TLS close_notify, then TCP's half-close.
  void close_writing();
  /// Raw bytes as they come, for a closing connection that only waits for the peer's end.
  ReadResult read_raw() { return receive(); }
  /// Ends the connection at once, in both directions. Waits end with an error.
  void close();
  bool is_open() const { return socket_.is_open(); }
  const boost::asio::ip::address& peer_address() const { return peer_; }
  /// The peer is a proxy that speaks for this address.
  void set_peer_address(boost::asio::ip::address address) { peer_ = std::move(address); }

 private:
  ReadResult receive();
  ReadResult decrypt();
  bool send(std::string_view bytes);

  IoBuffers& buffers_;
  Socket socket_;
  boost::asio::ip::address peer_;
  std::unique_ptr<TlsEngine> tls_;
  std::string parked_;  ///< input carried over a suspension or a move
  std::string unsent_;  ///< output that the socket did not take
  std::string in_use_;  ///< the parked input that is being read from
  /// The last recv() took all there was: there is nothing more before readable() says so (what comes until
  /// then wakes it), and asking again would be a system call for nothing.
  bool drained_ = false;
};

}  // namespace vestnik
