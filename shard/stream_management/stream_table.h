#pragma once
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "core/runtime/delay_line.h"
#include "shard/receipts/receipt.h"

namespace vestnik {

class LiveCopy;
class Session;
class Shard;

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
  /// Calls LiveCopy::insure() if it is still needed after a while.
  void insure_later(const std::shared_ptr<LiveCopy>& copy) { insurances_.add(copy); }
  void end_turn();

 private:
  Session* find(std::uint64_t session) const;
  void end_over_bounds(Session& session);

  Shard& shard_;
  std::unordered_map<std::uint64_t, Session*> sessions_;
  std::vector<std::uint64_t> touched_;
  DelayLine<std::uint64_t> answers_;
  DelayLine<std::uint64_t> asks_;
  DelayLine<std::weak_ptr<LiveCopy>> insurances_;
};

}  // namespace vestnik
