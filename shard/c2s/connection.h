#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/io/transport.h"
#include "core/runtime/event.h"
#include "core/runtime/timer_wheel.h"
#include "proto/stream/error.h"
#include "proto/xml/framer.h"
#include "shard/c2s/address_slot.h"
#include "shard/c2s/login.h"
#include "shard/session/client_link.h"
#include "shard/shard.h"

namespace vestnik {

/// A client's connection on its way to the shard of the account it claims (RULES 2). Everything by value.
struct MovedConnection {
  MovedTransport transport;
  xml::Framer framer;
  std::string unframed;  ///< plaintext behind the SASL message
  StreamFacts facts;
  AddressSlot slot;
  LoginClaim claim;
};

/// A client's TCP connection: one coroutine that reads, frames and hands on (hops 1 and 2), an outbox that is
/// written once a turn (hop 8), and before that the negotiation of TLS, SASL and a resource. Owned by its
/// coroutines; lives on one shard's thread, from the first SASL message on on that of its account.
class C2sConnection final : public ClientLink,
                            public Flushable,
                            public std::enable_shared_from_this<C2sConnection> {
 public:
  /// A connection just accepted.
  C2sConnection(Shard& shard, Transport::Socket socket, bool direct_tls, AddressSlot slot);
  /// A connection that arrives from another shard with its claim.
  C2sConnection(Shard& shard, MovedConnection moved);
  ~C2sConnection() override;
  C2sConnection(const C2sConnection&) = delete;
  C2sConnection& operator=(const C2sConnection&) = delete;

  /// Starts the coroutine, which keeps the connection alive.
  static void start(const std::shared_ptr<C2sConnection>& connection);

  // ClientLink
  void send(std::string_view xml) override;
  void close(const StreamError& error) override;
  void replaced(const StreamError& error) override;
  void abort() override { die(); }
  void expect_sign_of_life() override;
  void host_may_be_gone() override;
  void pause_input() override { ++pauses_; }
  void resume_input() override;
  void when_written(std::move_only_function<void(bool)> function) override;
  std::size_t queued_bytes() const override { return outbox_.size() + transport_.unsent_bytes(); }
  LinkInfo info() const override;
  // Flushable
  void flush() override;

 private:
  enum class Phase : std::uint8_t {
    negotiating,
    bound,    ///< session_ is set
    closing,  ///< our last bytes are on their way, what still comes is discarded
    moved,    ///< the connection lives on elsewhere
    dead,
  };

  // connection.cc: reading, writing, ending
  Task<void> run();
  Task<void> run_stream();
  Task<bool> next_input();
  Task<void> breathe();
  bool should_wait() const;
  void count_for_rate(std::size_t bytes);
  std::chrono::milliseconds owed_pause() const;
  void carry_over();
  Task<void> write_when_possible();
  Task<void> linger();
  void end_session(std::string_view status);
  void lose_session();
  void watch_for_silence();
  void finish(std::string_view last_bytes);
  void die();
  void tell_written(bool written);
  void on_deadline();
  void on_session_deadline();
  void ask_for_sign_of_life();
  bool is_open() const { return phase_ == Phase::negotiating || phase_ == Phase::bound; }
  bool over_mark() const;

  // negotiation.cc: what happens before there is a session
  Task<bool> shake_hands();
  void on_stream_open();
  void send_features();
  Task<void> negotiate();
  Task<void> start_tls();
  Task<void> on_sasl(std::string name, std::string mechanism, Secret text);
  Task<void> on_auth(std::string mechanism, Secret text);
  Task<void> on_first_message(sasl::Mechanism mechanism, std::string_view message);
  Task<void> begin_login(LoginClaim claim);
  void move_to(ShardId target, LoginClaim claim);
  void on_step(sasl::Step step);
  void on_login_failed(const sasl::Failure& failure);
  void on_logged_in(const sasl::Success& success);
  Task<void> on_iq_before_session(Stanza iq);
  bool has_bind(const Stanza& iq) const;
  Task<void> bind(Stanza iq);
  void reply(const Stanza& stanza) { send(stanza.wire()); }

  // streams.cc: stream management (XEP-0198)
  Task<void> before_session(std::string name, std::string previous_id, std::string handled);
  Task<void> resume(const std::string& previous_id, std::uint32_t handled);
  void resume_now(Session& session, std::uint32_t handled);
  void on_stream_management(const xml::Frame& frame);
  void enable(const xml::Frame& frame);

  // stanzas.cc: elements of an established session
  void on_client_state(const xml::Frame& frame);
  static bool is_stream_error(const xml::Frame& frame);
  void on_stream_error();
  void on_element(const xml::Frame& frame);
  Result<Stanza, StanzaReject> build_stanza(const xml::Frame& frame, JidView from);
  bool check_from(const xml::Frame& frame);
  void reject(const xml::Frame& frame, const StanzaReject& why);

  Shard& shard_;
  Transport transport_;
  xml::Framer framer_;
  StreamFacts facts_;
  AddressSlot slot_;
  Phase phase_ = Phase::negotiating;
  Session* session_ = nullptr;
  std::string outbox_;
  std::vector<std::move_only_function<void(bool)>> awaiting_write_;
  std::string_view input_;  ///< unframed plaintext, in the thread's buffer or in carry_
  std::string carry_;
  std::unique_ptr<Login> login_;
  std::optional<sasl::Mechanism>
      awaited_first_;                     ///< an empty challenge was sent: the response is the first message
  std::unique_ptr<LoginClaim> arriving_;  ///< of a moved connection, until it is taken up
  bool header_seen_ = false;              ///< on the current stream
  bool peer_closed_ = false;              ///< the client has closed its stream
  bool keepalive_asked_ = false;
  bool dirty_ = false;
  bool writer_running_ = false;
  int pauses_ = 0;
  std::size_t turn_bytes_ = 0;  ///< read since the coroutine last suspended
  std::chrono::steady_clock::time_point
      paid_until_{};  ///< what was read is within the rate limit from this moment on
  std::chrono::steady_clock::time_point last_read_;
  Event resumed_;
  Timer deadline_;
  Timer stall_;
};

}  // namespace vestnik
