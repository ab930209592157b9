#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <unordered_map>
#include <vector>

#include "core/runtime/reactor.h"
#include "core/runtime/timer_wheel.h"
#include "shard/receipts/receipt.h"

namespace vestnik {

class Session;
class Shard;

/// Sessions that something is to happen to after one and the same delay: one timer for all of them.
class DelayLine {
 public:
  DelayLine(Reactor& reactor, std::chrono::milliseconds delay,
            std::function<void(std::uint64_t session)> due);
  DelayLine(const DelayLine&) = delete;
  DelayLine& operator=(const DelayLine&) = delete;

  void add(std::uint64_t session);

 private:
  struct Waiting {
    std::chrono::steady_clock::time_point due;
    std::uint64_t session;
  };
  void on_timer();

  Reactor& reactor_;
  std::chrono::milliseconds delay_;
  std::function<void(std::uint64_t)> due_;
  std::deque<Waiting> waiting_;
  Timer timer_;
};

/// The managed streams of one shard, and their clocks. The shard's thread.
class StreamTable {
 public:
  explicit StreamTable(Shard& shard);
  StreamTable(const StreamTable&) = delete;
  StreamTable& operator=(const StreamTable&) = delete;

  /// The session's client has enabled stream management; `remove` at its end.
  void add(Session& session);
  void remove(const Session& session);
  /// A share of a stanza has come back; nothing happens if its session has ended.
  void settle(const ReceiptToken& token);

  /// Calls ManagedStream::end_turn() at the end of this turn; a stream over its bounds ends then (RULES 4).
  void touched(const Session& session);
  void answer_later(const Session& session);
  void ask_later(Session& session);
  void end_turn();

 private:
  Session* find(std::uint64_t session) const;
  void end_over_bounds(Session& session);

  Shard& shard_;
  std::unordered_map<std::uint64_t, Session*> sessions_;
  std::vector<std::uint64_t> touched_;
  DelayLine answers_;
  DelayLine asks_;
};

}  // namespace vestnik
