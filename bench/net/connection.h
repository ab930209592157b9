#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bench/net/address.h"
#include "bench/net/event_loop.h"
#include "bench/net/tls.h"

namespace vestnik::bench {

/// A TCP connection, plain or under TLS: one recv per readiness, one record and one send for everything that
/// was written during an event. Belongs to one loop at a time.
class Connection final : private EventLoop::Handler, private EventLoop::Flushable {
 public:
  /// Told what happens. Each of these calls may close the connection, but neither destroy nor connect it
  /// again; what wants that uses EventLoop::defer.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_connected() {}
    virtual void on_secured() {}
    virtual void on_bytes(std::string_view bytes) = 0;
    /// The peer ended the connection, or it failed; `reason` is a sentence. Not called after close().
    virtual void on_closed(std::string_view reason) = 0;
  };

  Connection(EventLoop& loop, Owner& owner) : loop_(&loop), owner_(owner) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override { close(); }

  /// Starts connecting, from `source` if given; on_connected() or on_closed() follows, never from inside this
  /// call.
  void connect(const Address& target, const Address* source);
  /// Takes a socket that a listener accepted.
  void adopt(UniqueFd socket);
  /// Starts a handshake; on_secured() or on_closed() follows.
  void start_tls(SSL_CTX& context, TlsEngine::Role role, const std::string& server_name);

  void write(std::string_view bytes);
  /// Sends what is written, then the close_notify, and closes.
  void close();
  bool is_open() const { return static_cast<bool>(socket_); }
  const TlsEngine* tls() const { return tls_.get(); }

  /// Leaves its loop, after which another thread may call attach(). Nothing may be written and unsent.
  void detach();
  void attach(EventLoop& loop);

 private:
  enum class Phase : std::uint8_t { connecting, handshaking, open };

  void on_events(std::uint32_t events) override;
  void flush() override;
  void finish_connecting();
  /// One recv; true if there may be more: it filled the buffer, or the end of the stream is behind it.
  bool receive(bool ended);
  void receive_tls(std::string_view ciphertext);
  bool continue_handshake();
  void send(std::string_view bytes);
  void send_ciphertext();
  void watch_output(bool wanted);
  void fail(std::string_view reason);

  EventLoop* loop_;
  Owner& owner_;
  UniqueFd socket_;
  std::unique_ptr<TlsEngine> tls_;
  Phase phase_ = Phase::connecting;
  bool flush_queued_ = false;
  bool output_watched_ = false;
  std::string written_;  ///< to be sent (and encrypted) by flush()
  std::string unsent_;   ///< what the kernel did not take
};

}  // namespace vestnik::bench
