#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "core/runtime/event.h"
#include "shard/receipts/handled_count.h"
#include "shard/receipts/receipt.h"
#include "shard/stream_management/unacked_queue.h"

namespace vestnik {

class Session;
class Shard;

/// Stream management of one session (XEP-0198): both counts, what is unacknowledged, and when to ask and to
/// answer. Belongs to its session and outlives the session's connections. The shard's thread.
class ManagedStream {
 public:
  /// `id`: names the stream for its resumption, which is possible for `resume_timeout` after its connection
  /// broke; empty: it cannot be resumed.
  ManagedStream(Session& session, std::string id, std::chrono::milliseconds resume_timeout);
  ManagedStream(const ManagedStream&) = delete;
  ManagedStream& operator=(const ManagedStream&) = delete;

  const std::string& id() const { return id_; }
  bool can_resume() const { return !id_.empty(); }
  std::chrono::milliseconds resume_timeout() const { return resume_timeout_; }
  const HandledCount& incoming() const { return incoming_; }
  UnackedQueue& outgoing() { return outgoing_; }

  // From the client

  /// Counts a stanza that has come; to be kept until it is handled.
  Receipt receive();
  /// A share of one has come back.
  void settle(const ReceiptToken& token);
  /// `<r/>`: answered when all that came before it is handled, after a quarter of a second at the latest with
  /// the count there is by then (RULES 3).
  void on_request();
  /// `<a/>`. False: the count cannot be.
  bool on_answer(std::uint32_t h);

  // To the client

  /// Numbers the stanza, keeps it and writes it to the session's link.
  void send(Unacked stanza);
  /// On a new link: what is unacknowledged, again and in order.
  void resend();
  /// The end of a turn in which something happened here: asks and answers.
  void end_turn();
  /// The time of a waiting `<r/>` is up.
  void answer_now();
  /// Something has been waiting unacknowledged for a while: asks.
  void ask_now();
  /// Asks whatever waits: is the client still there?
  void ask();

  /// Wakes a connection that wants to resume when all that came is handled. A later one takes the place of an
  /// earlier one, which is woken too and then cannot claim the stream.
  void when_handled(std::shared_ptr<Event> waiter);
  bool claim(const std::shared_ptr<Event>& waiter);

 private:
  void answer();
  void touch();

  Session& session_;
  std::string id_;
  std::chrono::milliseconds resume_timeout_;
  HandledCount incoming_;
  UnackedQueue outgoing_;
  std::shared_ptr<Event> waiter_;
  std::uint32_t answered_ = 0;     ///< the last `h` we sent
  std::uint32_t answer_at_ = 0;    ///< the count that the first `<r/>` without an answer waits for
  std::uint32_t answer_next_ = 0;  ///< the same of the last
  std::uint32_t asked_at_ = 0;     ///< what was sent when we asked last
  bool answer_due_ = false;        ///< an `<r/>` waits
  bool answer_owed_ = false;       ///< one was answered with less than it asked for
  bool asked_ = false;             ///< ours waits
  bool urgent_ = false;            ///< what was sent since should be asked for with this turn
  bool touched_ = false;           ///< StreamTable knows
  bool ask_planned_ = false;       ///< likewise

  friend class StreamTable;
};

}  // namespace vestnik
