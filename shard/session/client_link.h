#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "proto/stream/error.h"

namespace vestnik {

/// Facts about a client's connection, for logs and `session list`.
struct LinkInfo {
  std::string address;    ///< the peer's IP address
  std::string transport;  ///< `tcp+starttls`, `tcp+tls`, `tcp`, `ws+tls`, `ws`
  std::string tls;        ///< `TLSv1.3 TLS_AES_256_GCM_SHA384`, or ""
};

/// What a session knows of its client's connection, whatever transport that is (RULES 2). The session's
/// thread only.
class ClientLink {
 public:
  virtual ~ClientLink() = default;

  /// Queues serialised XML; it is written at the end of the turn. A client that does not read is closed at
  /// the outbox's hard mark. Ignored once the link is closing.
  virtual void send(std::string_view xml) = 0;
  /// Ends the stream with an error, after what is queued. The session is over when this returns.
  virtual void close(const StreamError& error) = 0;
  /// Another connection has taken the session over (XEP-0198 §5): ends the stream with an error and leaves
  /// the session alone.
  virtual void replaced(const StreamError& error) = 0;
  /// Cuts the connection off, now.
  virtual void abort() = 0;
  /// The client was asked for something that it must answer: if nothing at all comes from it for a while, the
  /// connection counts as broken.
  virtual void expect_sign_of_life() = 0;
  /// After a reload: ends the stream with `host-gone` if its host is no longer served.
  virtual void host_may_be_gone() = 0;
  /// Stops reading from the client until resumed: back-pressure and gates (RULES 1 and 4).
  virtual void pause_input() = 0;
  virtual void resume_input() = 0;
  /// Calls `function` once: with true when the kernel has taken everything that is queued now, with false
  /// when the connection ended before.
  virtual void when_written(std::move_only_function<void(bool)> function) = 0;
  /// Bytes queued and not yet taken by the kernel.
  virtual std::size_t queued_bytes() const = 0;
  /// Bytes of the connection's own objects, without what is queued and without TLS.
  virtual std::size_t memory() const = 0;
  virtual LinkInfo info() const = 0;
  virtual bool is_web_socket() const { return false; }
};

}  // namespace vestnik
