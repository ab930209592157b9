#pragma once
#include <boost/circular_buffer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>

#include "proto/stanza/stanza.h"
#include "shard/stream_management/delivery.h"

namespace vestnik {

/// A stanza that its client has not acknowledged.
struct Unacked {
  std::shared_ptr<const Stanza> stanza;
  std::shared_ptr<Delivery> delivery;  ///< may be null
  std::chrono::system_clock::time_point sent_at;
};

/// What was sent on a managed stream and not acknowledged yet, in order, with the counts of XEP-0198 §4,
/// which are modulo 2^32. Holds the stanzas themselves, shared with whoever else sends them, and no other
/// memory while it is empty.
class UnackedQueue {
 public:
  /// `start`: the count to begin at, for tests.
  explicit UnackedQueue(std::uint32_t start = 0) : sent_(start) {}

  void push(Unacked stanza);
  /// The client has handled `h` stanzas. False: it cannot have, for they were never sent or acknowledged
  /// before.
  bool acknowledge(std::uint32_t h);

  std::uint32_t sent() const { return sent_; }
  std::uint32_t acknowledged() const { return sent_ - static_cast<std::uint32_t>(stanzas_.size()); }
  bool empty() const { return stanzas_.empty(); }
  std::size_t size() const { return stanzas_.size(); }
  std::size_t bytes() const { return bytes_; }  ///< of the stanzas
  const boost::circular_buffer<Unacked>& stanzas() const { return stanzas_; }

 private:
  std::uint32_t sent_;
  std::size_t bytes_ = 0;
  boost::circular_buffer<Unacked> stanzas_;
};

}  // namespace vestnik
