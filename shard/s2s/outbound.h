#pragma once
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "core/storage/spool_store.h"
#include "proto/stanza/stanza.h"
#include "shard/receipts/receipt.h"

namespace vestnik::s2s {

class Spool;

/// A stanza on its way to another domain.
struct Outbound {
  Stanza stanza;
  storage::SpoolId id = 0;    ///< grows in the order of sending
  Receipt receipt = {};       ///< of the client who waits until it is safe
  bool spooled = false;       ///< it is in the spool, or on its way there
  std::uint8_t rejected = 0;  ///< streams that the other server closed while it was under way on them
};

/// Whether a stanza must not be forgotten once its sender counts it as handled (RULES 3): what people write,
/// and subscriptions.
bool must_survive(const Stanza& stanza);

/// What one link has to send, in order: first what was written to the present stream and is not safe on the
/// other side yet, then what waits. The S2S shard's thread.
class OutboundQueue {
 public:
  explicit OutboundQueue(Spool& spool) : spool_(spool) {}
  OutboundQueue(const OutboundQueue&) = delete;
  OutboundQueue& operator=(const OutboundQueue&) = delete;

  bool empty() const { return sent_.empty() && waiting_.empty(); }
  std::size_t sent() const { return sent_.size(); }
  std::size_t bytes() const { return bytes_; }  ///< of all

  void push(Outbound one);
  const Stanza* next() const { return waiting_.empty() ? nullptr : &waiting_.front().stanza; }
  /// Takes the next one out unsent.
  Outbound pop();
  /// Appends the next one to `out`.
  void send_next(std::string& out);
  /// The first `count` of those sent are safe: nobody waits for them any more.
  void safe(std::size_t count);
  /// There is another stream: what was sent waits to be sent again, before the rest.
  void unsend();
  /// Takes out what was sent, or everything, to be answered.
  std::vector<Outbound> take_sent();
  std::vector<Outbound> take_all();
  /// The other server has closed the stream. Takes out what was on the way each time it did so: stanzas that
  /// it might be closing streams for.
  std::vector<Outbound> take_rejected();

  /// Takes out what waits and is not spooled: a stop would lose it.
  std::vector<Outbound> take_lost();

  /// What is to be stored now: all whose senders still wait, and with `all` whatever must_survive().
  std::vector<storage::SpooledStanza> to_be_spooled(bool all);
  /// What became of that, by id.
  void on_spooled(std::span<const storage::SpoolId> ids, bool done);

 private:
  void forget(Outbound& one);
  Outbound* find(storage::SpoolId id);

  Spool& spool_;
  std::deque<Outbound> sent_;
  std::deque<Outbound> waiting_;
  std::size_t bytes_ = 0;
};

}  // namespace vestnik::s2s
