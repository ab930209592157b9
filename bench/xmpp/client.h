#pragma once
#include <coroutine>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "bench/net/connection.h"
#include "bench/xmpp/caps.h"
#include "bench/xmpp/cutter.h"
#include "bench/xmpp/target.h"
#include "bench/xmpp/task.h"
#include "bench/xmpp/web_socket.h"

namespace vestnik::bench {

class Client;

/// Told what a client does not deal with itself.
class ClientListener {
 public:
  virtual ~ClientListener() = default;
  /// A stanza that no script waited for. `stanza` is valid during the call.
  virtual void on_stanza(Client& client, Element stanza) = 0;
  /// The client is out of the run: `reason` happened during `step`. Once per client.
  virtual void on_failed(Client& client, std::string_view step, std::string_view reason) = 0;
};

/// What the clients of one thread share. Outlives them.
struct ClientContext {
  EventLoop& loop;
  SSL_CTX& tls;
  const Target& target;
  ClientListener& listener;
};

/// One user's connection. Everything up to and including login is a script (see Task) that awaits what the
/// server says; afterwards stanzas go to the listener. What goes wrong at any point, a broken connection and
/// an answer that does not come in time included, ends the script and is reported once with the step it
/// happened in.
class Client final : private Connection::Owner {
 public:
  /// `number` counts a run's users from 0. The account is the client's to change (it keeps SCRAM keys there).
  Client(const ClientContext& context, Account& account, std::size_t number)
      : context_(context), account_(account), number_(number), connection_(context.loop, *this) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() override = default;

  Account& account() { return account_; }
  const Target& target() const { return context_.target; }
  std::size_t number() const { return number_; }
  const Connection& connection() const { return connection_; }
  const std::string& jid() const { return jid_; }  ///< full JID, from bind on
  void set_jid(std::string_view jid) { jid_ = jid; }
  /// Asked for at bind; another one for each session of an account.
  std::string resource() const;
  std::string bare_jid() const { return account_.user + '@' + target().domain; }

  /// Queues bytes; they leave together when the event at hand has been dealt with.
  void send(std::string_view xml);
  std::string next_id() { return 'b' + std::to_string(++last_id_); }
  /// Stream management is on: counts stanzas from here on and answers requests. `resumption` is the server's
  /// name for the stream.
  void count_stanzas(std::string_view resumption);
  std::uint32_t stanzas_in() const { return stanzas_in_; }
  const std::string& resumption() const { return resumption_; }
  /// What presence tells from the next login on; outlives the client.
  void announce(const Caps& caps) { caps_ = &caps; }
  const Caps* caps() const { return caps_; }

  /// Starts a script; `done` is called when it has come to its end, not when it failed. `done` may start
  /// another, but one that connects only by way of EventLoop::defer.
  void run(Task<> script, std::function<void()> done);
  bool failed() const { return failed_; }
  /// Lets a script go on that awaits signalled(): what it waits for was seen by the listener.
  void signal() { resume_if(Awaited::signal); }
  /// Fails the client if an answer is overdue.
  void check_deadline(Clock::time_point now);
  /// Ends the script, if one is waiting, and closes without a word on the stream. Not from inside a script.
  void drop();

  /// What a script waits for.
  enum class Awaited : std::uint8_t {
    nothing,
    connected,
    secured,
    agreed,
    element,
    result,
    reply,
    match,
    signal,
    closed
  };
  using Predicate = std::function<bool(Element)>;
  class [[nodiscard]] Wait {
   public:
    Wait(Client& client, Awaited what) : client_(client), what_(what) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> script) { client_.wait(what_, script); }
    /// The element waited for, if it was one; valid until the script waits again.
    Element await_resume() const { return client_.arrived_; }

   private:
    Client& client_;
    Awaited what_;
  };

  /// Names what the script does now, for failure reports. A literal.
  void step(std::string_view what) { step_ = what; }
  Wait connected();                                     ///< connects
  Wait secured();                                       ///< starts TLS and completes its handshake
  Wait agreed();                                        ///< asks for a WebSocket and gets it
  Wait stream_opened();                                 ///< sends a stream header; the server's header
  Wait element() { return {*this, Awaited::element}; }  ///< the next element, whatever it is
  Wait result(std::string id);      ///< the iq result with this id; an iq error fails the script
  Wait reply(std::string id);       ///< the iq result or error with this id
  Wait matching(Predicate wanted);  ///< the next element that this is true of; others take their usual way
  Wait signalled() { return {*this, Awaited::signal}; }  ///< the next signal()
  Wait closed();  ///< ends the stream, waits for the server's end of it, and disconnects
  Wait failure(
      std::string_view reason);  ///< fails the script: `co_await client.failure("…")` does not return

 private:
  void on_connected() override { resume_if(Awaited::connected); }
  void on_secured() override { resume_if(Awaited::secured); }
  void on_bytes(std::string_view bytes) override;
  void on_closed(std::string_view reason) override;
  void on_stream(std::string_view bytes);
  void on_stream_end();
  void on_element(Element element);
  void on_iq(Element iq);
  void answer_request(Element iq);
  bool manage_stream(Element element);

  void wait(Awaited what, std::coroutine_handle<> script);
  void resume_if(Awaited what, Element element = {});
  void finish_if_done();
  void fail(std::string_view reason);

  const ClientContext& context_;
  Account& account_;
  std::size_t number_;
  Connection connection_;
  WebSocket web_socket_;
  std::string messages_;  ///< kept for its room
  Cutter cutter_;
  std::string jid_;
  std::uint64_t last_id_ = 0;
  bool counting_ = false;  ///< stream management is on
  std::uint32_t stanzas_in_ = 0;
  std::string resumption_;
  const Caps* caps_ = nullptr;
  bool failed_ = false;

  Task<> script_;
  std::function<void()> done_;
  std::string_view step_;
  Awaited awaited_ = Awaited::nothing;
  std::coroutine_handle<> waiting_;
  std::string awaited_id_;
  Predicate wanted_;
  Element arrived_;
  Clock::time_point deadline_ = Clock::time_point::max();
};

/// Condition and text of a stanza, stream or SASL error, in words.
std::string describe_error(Element element);

}  // namespace vestnik::bench
