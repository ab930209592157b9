#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "core/io/connect_race.h"
#include "core/runtime/event.h"
#include "core/runtime/timer_wheel.h"
#include "proto/s2s/dialback.h"
#include "proto/stanza/stanza.h"
#include "shard/receipts/receipt.h"
#include "shard/s2s/outbound.h"

namespace vestnik {

class S2sShard;

namespace s2s {

class Inbound;
class ServerStream;

/// Why stanzas for a domain come back.
struct Failure {
  StanzaCondition condition = StanzaCondition::remote_server_timeout;
  std::string text;  ///< says which step failed, how and where
};

/// What asking a domain's own server about a key came to (XEP-0220 §2.1.2).
enum class Verdict : std::uint8_t { valid, invalid, not_found, unreachable, overloaded };
using OnVerdict = std::move_only_function<void(Verdict)>;

/// The way from one of our hosts to another domain: its queue, its connection if there is one, and what went
/// wrong the last time. Order of send() is order on the wire. Every stanza is sent or answered with an error;
/// one that must_survive() is stored meanwhile, unless it is safe within 300 ms (RULES 3): acknowledged by
/// the other server, or taken by the kernel for one that does not manage its stream. The S2S shard's thread
/// only.
class Link : public std::enable_shared_from_this<Link> {
 public:
  enum class State : std::uint8_t { idle, connecting, open };
  /// What the connection is for: stanzas and questions about keys, or nothing but these.
  enum class Use : std::uint8_t { stanzas, questions };

  /// A stream of which both sides count the stanzas that they sent on it (XEP-0198).
  struct Managed {
    std::string id;                    ///< as the side calls it that was connected to; "": not to be resumed
    std::shared_ptr<Inbound> inbound;  ///< counts what comes back on it, if anything may (XEP-0288)
    bool theirs = false;               ///< the other server has opened it, and is the one to resume it
    std::uint32_t acknowledged = 0;
  };

  Link(S2sShard& shard, std::string local, std::string remote, Use use);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  const std::string& local() const { return local_; }
  const std::string& remote() const { return remote_; }
  State state() const { return state_; }
  S2sPolicy policy() const;
  std::size_t queued_bytes() const { return queue_.bytes(); }
  /// The steps of the present or the last attempt, for people.
  const std::vector<std::string>& steps() const { return steps_; }
  const ServerStream* stream() const { return stream_.get(); }
  bool only_asks() const { return use_ == Use::questions; }
  /// Whether the stream is one that the other server has opened; no key is verified there.
  bool is_on_their_stream() const { return stream_ && on_theirs_; }

  /// Connects if need be. Answers the stanza with an error if the domain is left alone for now. `receipt` is
  /// kept until the stanza is safe, stored or answered.
  void send(Stanza stanza, Receipt receipt);
  /// Sends one that an earlier run has left in the spool.
  void send_spooled(storage::SpoolId id, Stanza stanza);
  /// Asks the domain's server whether it made `key` for our stream `id`; connects if need be, whatever went
  /// wrong before.
  void verify(std::string id, std::string key, OnVerdict on_verdict);
  /// Connects, or uses the connection there is; `done` is called once with whether there is one.
  void check(std::move_only_function<void(bool)> done);
  /// Ends the connection in order. What waits is sent over a new one.
  void close();
  /// Ends everything, with an answer for every stanza.
  void give_up(const Failure& failure);
  /// This server stops: what must survive goes into the spool, the rest is answered.
  void stop(const Failure& failure);
  /// The domain's server has been heard of: what waits for another try is tried now, and so is the next
  /// stanza.
  void forgive();
  /// Nothing waits, nothing is under way and no failure is remembered.
  bool is_forgettable() const;

  // The stream's side
  void note(std::string step);
  void fail_with(Failure failure) { failure_ = std::move(failure); }
  /// The stream takes stanzas. What was sent on another one before is sent again.
  void on_open();
  /// Stanzas are to go out on a stream that the other server has opened (XEP-0288): a new one, or one that
  /// carries on with the managed stream `resumed`. False: they have another or soon will, or it is unknown.
  bool adopt(std::shared_ptr<ServerStream> stream, std::string_view resumed);
  /// `lost`: without a word.
  void on_stream_ended(bool lost, std::string_view why);
  /// Questions not sent on this stream yet.
  std::string unsent_questions();
  void on_answer(const Dialback& answer);
  /// Writes stanzas to `out`; they are under way until they are safe.
  void refill(std::string& out);
  /// The kernel has taken all that was written.
  void drained();
  bool is_waiting() const { return queue_.next() != nullptr; }
  /// What the other server takes at most (XEP-0478); 0: it does not say.
  void set_max_bytes(std::uint64_t bytes) { max_bytes_ = bytes; }

  // Stream management (XEP-0198)

  /// The stream that we may resume; "" if there is none.
  std::string_view resumable() const {
    return managed_ && !managed_->theirs ? std::string_view(managed_->id) : "";
  }
  /// What has come on it.
  std::shared_ptr<Inbound> resumable_inbound() const { return managed_->inbound; }
  /// The stream is managed from now on; nothing is under way.
  void on_enabled(Managed managed) { managed_ = std::move(managed); }
  void not_resumed() { managed_.reset(); }
  /// The other server has handled `h` stanzas. False: it cannot have.
  bool on_acknowledged(std::uint32_t h);
  bool is_managed() const { return managed_.has_value(); }
  /// How many stanzas have been sent on the managed stream.
  std::uint32_t sent() const { return managed_->acknowledged + static_cast<std::uint32_t>(queue_.sent()); }
  bool has_unacknowledged() const { return managed_ && is_under_way(); }
  /// Something has been sent and is not safe yet.
  bool is_under_way() const { return queue_.sent() != 0; }

 private:
  struct Question {
    std::string id;
    std::string key;
    OnVerdict on_verdict;
    bool sent = false;
  };

  void connect();
  Task<void> establish();
  Task<bool> try_addresses();
  void on_timeout();
  void end_attempt(bool connected);
  void answer_questions(Verdict verdict);
  void accept(Outbound one);
  void insure();
  void store(std::vector<storage::SpooledStanza> stanzas);
  void answer_all(const std::vector<Outbound>& stanzas, const Failure& failure);
  void give_back_or_wait();
  void try_for_a_while();
  bool left_alone() const;
  void back_off();
  void keep_managed(bool lost);
  bool owes_resumption() const;
  bool awaits_resumption() const;

  S2sShard& shard_;
  std::string local_;
  std::string remote_;
  Use use_;
  State state_ = State::idle;
  bool attempt_running_ = false;
  bool timed_out_ = false;
  bool wrote_ = false;      ///< on the present stream
  bool on_theirs_ = false;  ///< the present stream is one of theirs
  std::shared_ptr<ServerStream> stream_;
  std::unique_ptr<ConnectRace> race_;
  Event settled_;  ///< the stream that is tried is open or has ended
  OutboundQueue queue_;
  std::optional<Managed> managed_;  ///< the present stream, or the one that was lost
  std::uint64_t max_bytes_ = 0;
  std::vector<Question> questions_;
  std::vector<std::move_only_function<void(bool)>> checks_;
  std::vector<std::string> steps_;
  Failure failure_;
  std::uint32_t failures_ = 0;   ///< in a row
  std::uint32_t fruitless_ = 0;  ///< managed streams lost in a row on which nothing was acknowledged
  std::chrono::steady_clock::time_point retry_at_{};
  std::chrono::steady_clock::time_point try_until_{};  ///< stanzas do not come back before
  Timer retry_;
  Timer insurance_;  ///< armed while senders wait
};

}  // namespace s2s
}  // namespace vestnik
