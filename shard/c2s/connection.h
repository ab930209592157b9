#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "shard/c2s/login.h"
#include "shard/session/client_link.h"
#include "shard/shard.h"
#include "shard/stream/xml_stream.h"

namespace vestnik {

/// A client's connection on its way to a shard (RULES 2). Everything by value.
struct MovedConnection {
  MovedStream stream;
  StreamFacts facts;
  std::optional<LoginClaim> claim;  ///< to an account of that shard; none: the stream has not begun yet
};

/// A client's connection, TCP or a WebSocket: the negotiation of TLS, SASL and a resource, then the link of a
/// session. Lives on one shard's thread, from the first SASL message on on that of its account.
class C2sConnection final : public ClientLink, public XmlStream {
 public:
  /// A connection just accepted.
  C2sConnection(Shard& shard, Transport::Socket socket, bool direct_tls, AddressSlot slot);
  /// A connection that arrives from another thread.
  C2sConnection(Shard& shard, MovedConnection moved);
  ~C2sConnection() override;
  C2sConnection(const C2sConnection&) = delete;
  C2sConnection& operator=(const C2sConnection&) = delete;

  /// Starts the coroutine, which keeps the connection alive.
  static void start(const std::shared_ptr<C2sConnection>& connection);
  /// Has a connection go on at another shard. Any thread.
  static void move(MovedConnection connection, Shard& to);

  // ClientLink
  void send(std::string_view xml) override { XmlStream::send(xml); }
  void close(const StreamError& error) override { XmlStream::close(error); }
  void replaced(const StreamError& error) override;
  void abort() override { XmlStream::abort("this server is stopping"); }
  void expect_sign_of_life() override;
  void host_may_be_gone() override;
  void pause_input() override { XmlStream::pause_input(); }
  void resume_input() override { XmlStream::resume_input(); }
  void when_written(std::move_only_function<void(bool)> function) override {
    XmlStream::when_written(std::move(function));
  }
  std::size_t queued_bytes() const override { return XmlStream::queued_bytes(); }
  std::size_t memory() const override { return sizeof(*this); }
  LinkInfo info() const override;
  bool is_web_socket() const override { return XmlStream::is_web_socket(); }

 private:
  friend XmlStream;

  // connection.cc: the link of a session, and its end
  void on_element(const xml::Frame& frame);
  void on_secured() override { facts_.encrypted = true; }
  void on_deadline() override;
  void on_closing(const StreamError& error) override;
  void on_ended(End how, std::string_view why) override;
  void send_error_header() override;
  bool is_bound() const { return session_ != nullptr; }
  JidView identity() const;
  void lose_session();
  void watch_for_silence();
  void on_session_deadline();
  void ask_for_sign_of_life();
  bool was_asked() const { return asked_at_ && *asked_at_ >= last_read(); }

  // negotiation.cc: what happens before there is a session
  void on_header(const StreamHeader& header) override;
  void send_features();
  void negotiate(const xml::Frame& frame);
  void start_tls();
  bool may_start_tls() const { return !facts_.encrypted && !is_web_socket(); }
  Task<void> on_sasl(std::string name, std::string mechanism, Secret text);
  Task<void> on_auth(std::string mechanism, Secret text);
  Task<void> on_first_message(sasl::Mechanism mechanism, Secret message);
  Task<void> begin_login(LoginClaim claim);
  void move_to(ShardId target, LoginClaim claim);
  void on_step(sasl::Step step);
  void on_login_failed(const sasl::Failure& failure);
  void on_logged_in(const sasl::Success& success);
  Task<void> on_iq_before_session(Stanza iq);
  bool has_bind(const Stanza& iq) const;
  Task<void> bind(Stanza iq);
  void reply(const Stanza& stanza) { send(stanza.wire()); }

  // stream_management.cc: stream management (XEP-0198)
  Task<void> before_session(std::string name, std::string previous_id, std::string handled);
  Task<void> resume(std::string previous_id, std::uint32_t handled);
  void resume_now(Session& session, std::uint32_t handled);
  void on_stream_management(const xml::Frame& frame);
  void enable(const xml::Frame& frame);

  // stanzas.cc: elements of an established session
  void on_client_state(const xml::Frame& frame);
  void on_session_element(const xml::Frame& frame);
  bool check_from(const xml::Frame& frame);
  void reject(const xml::Frame& frame, const StanzaReject& why);

  Shard& shard_;
  StreamFacts facts_;
  Session* session_ = nullptr;  ///< once a resource is bound, until the stream ends
  std::unique_ptr<Login> login_;
  std::optional<sasl::Mechanism>
      awaited_first_;  ///< an empty challenge was sent: the response is the first message
  std::optional<std::chrono::steady_clock::time_point> asked_at_;  ///< for a sign of life, the last time
};

}  // namespace vestnik
