#pragma once
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "core/io/connect_race.h"
#include "core/runtime/event.h"
#include "core/runtime/timer_wheel.h"
#include "proto/s2s/dialback.h"
#include "proto/stanza/stanza.h"

namespace vestnik {

class S2sShard;

namespace s2s {

class OutgoingStream;

/// Why stanzas for a domain come back.
struct Failure {
  StanzaCondition condition = StanzaCondition::remote_server_timeout;
  std::string text;  ///< says which step failed, how and where
};

/// What asking a domain's own server about a key came to (XEP-0220 §2.1.2).
enum class Verdict : std::uint8_t { valid, invalid, not_found, unreachable, overloaded };
using OnVerdict = std::move_only_function<void(Verdict)>;

/// The way from one of our hosts to another domain: its queue, its connection if there is one, and what went
/// wrong the last time. Order of send() is order on the wire. Every stanza is written or answered with an
/// error. The S2S shard's thread only.
class Link : public std::enable_shared_from_this<Link> {
 public:
  enum class State : std::uint8_t { idle, connecting, open };

  Link(S2sShard& shard, std::string local, std::string remote);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  const std::string& local() const { return local_; }
  const std::string& remote() const { return remote_; }
  State state() const { return state_; }
  S2sPolicy policy() const;
  std::size_t queued_bytes() const { return queued_bytes_; }
  /// The steps of the present or the last attempt, for people.
  const std::vector<std::string>& steps() const { return steps_; }
  const OutgoingStream* stream() const { return stream_.get(); }

  /// Connects if need be. Answers the stanza with an error if the domain is left alone for now.
  void send(Stanza stanza);
  /// Asks the domain's server whether it made `key` for our stream `id`; connects if need be, whatever went
  /// wrong before.
  void verify(std::string id, std::string key, OnVerdict on_verdict);
  /// Connects, or uses the connection there is; `done` is called once with whether there is one.
  void check(std::move_only_function<void(bool)> done);
  /// Ends the connection in order. What waits is sent over a new one.
  void close();
  /// Ends everything, with an answer for every stanza.
  void give_up(const Failure& failure);
  /// The domain's server has been heard of: the next stanza may try again.
  void forgive() { failures_ = 0; }
  /// Nothing waits, nothing is under way and no failure is remembered.
  bool is_forgettable() const;

  // The stream's side
  void note(std::string step);
  void fail_with(Failure failure) { failure_ = std::move(failure); }
  void on_open();
  void on_stream_ended(std::string_view why);
  /// Questions not sent on this stream yet.
  std::string unsent_questions();
  void on_answer(const Dialback& answer);
  /// Moves stanzas into `out`; they are in flight until drained().
  void refill(std::string& out);
  void drained();
  /// What the other server takes at most (XEP-0478); 0: it does not say.
  void set_max_bytes(std::uint64_t bytes) { max_bytes_ = bytes; }

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
  void bounce_all(const Failure& failure);
  bool left_alone() const;
  void back_off();

  S2sShard& shard_;
  std::string local_;
  std::string remote_;
  State state_ = State::idle;
  bool attempt_running_ = false;
  bool timed_out_ = false;
  bool wrote_ = false;  ///< on the present stream
  std::shared_ptr<OutgoingStream> stream_;
  std::unique_ptr<ConnectRace> race_;
  Event settled_;  ///< the stream that is tried is open or has ended
  std::deque<Stanza> queue_;
  std::deque<Stanza> in_flight_;  ///< given to the stream, not yet taken by the kernel
  std::size_t queued_bytes_ = 0;  ///< of both
  std::uint64_t max_bytes_ = 0;
  std::vector<Question> questions_;
  std::vector<std::move_only_function<void(bool)>> checks_;
  std::vector<std::string> steps_;
  Failure failure_;
  std::uint32_t failures_ = 0;  ///< in a row
  std::chrono::steady_clock::time_point retry_at_{};
};

}  // namespace s2s
}  // namespace vestnik
