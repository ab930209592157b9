#pragma once
#include <memory>
#include <utility>
#include <vector>

#include "proto/stanza/stanza.h"

namespace vestnik {

/// What a client that nobody looks at need not get at once (XEP-0352): presence, of which only the newest of
/// each sender is kept, chat states, likewise, and headlines without text. All else is worth waking a device
/// for, and takes with it what has gathered, in order. Bounded: what would be too much counts as worth
/// sending. One session's; the shard's thread.
class HeldBack {
 public:
  /// Takes the stanza and returns true, or leaves it: then all that release() gives goes first.
  bool hold(const std::shared_ptr<const Stanza>& stanza);
  /// What is held, in the order it is to be sent; empty afterwards.
  std::vector<std::shared_ptr<const Stanza>> release();
  bool empty() const { return held_.empty(); }

 private:
  std::vector<std::shared_ptr<const Stanza>> held_;
  std::size_t bytes_ = 0;
};

}  // namespace vestnik
