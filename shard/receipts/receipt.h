#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "shard/shard_map.h"

namespace vestnik {

/// Names one stanza of a client that uses stream management (XEP-0198), and says how much of it a holder
/// stands for: the shares that are out add up to kWholeShare, and the stanza is handled when all have come
/// back. Plain data, so that it can travel with what the stanza caused to any shard, and to other nodes
/// later.
struct ReceiptToken {
  std::uint64_t session = 0;  ///< Session::id(); 0: nobody waits
  std::uint64_t share = 0;
  std::uint32_t number = 0;  ///< the stanza's, in its stream
  Owner origin;              ///< where the session is

  friend bool operator==(const ReceiptToken&, const ReceiptToken&) = default;
};

inline constexpr std::uint64_t kWholeShare = 1ULL << 62U;

class ReceiptDesk;

/// A part of a client's stanza that is not done yet (RULES 3). Whoever does something lasting because of a
/// stanza keeps a part until that is on the disk; dropping a part says that it is. A default-made one stands
/// for nothing: the sender does not use stream management. One shard's thread only; to cross threads it
/// becomes a token.
class Receipt {
 public:
  Receipt() = default;
  Receipt(ReceiptDesk& desk, ReceiptToken token) : desk_(&desk), token_(token) {}
  Receipt(Receipt&& other) noexcept : desk_(other.desk_), token_(std::exchange(other.token_, {})) {}
  Receipt& operator=(Receipt&& other) noexcept;
  Receipt(const Receipt&) = delete;
  Receipt& operator=(const Receipt&) = delete;
  ~Receipt() { settle(); }

  /// Whether a client waits for it.
  explicit operator bool() const { return token_.session != 0; }
  /// A part of this part. Empty after some sixty generations of parts, which nothing comes near.
  Receipt split();
  /// Done: the share goes back to the client's session.
  void settle();
  /// Gives the part up to travel as plain data.
  ReceiptToken release() { return std::exchange(token_, {}); }

 private:
  ReceiptDesk* desk_ = nullptr;
  ReceiptToken token_;
};

/// What a shard handles in the name of which stanza, and what has been settled on it. The shard's thread
/// only.
///
/// A feature that stores something needs to do nothing: while a stanza is handled, Shard::write() keeps a
/// part of it until the commit, Shard::route() sends a part along with everything that is routed,
/// IqRequest::defer() keeps one until the answer, and in the callback after a commit the same holds again.
/// Only who leaves the handler by another way (a coroutine, a queue of its own) takes a part() and keeps it
/// until the end.
class ReceiptDesk {
 public:
  explicit ReceiptDesk(std::size_t shards) : settled_(shards) {}
  ReceiptDesk(const ReceiptDesk&) = delete;
  ReceiptDesk& operator=(const ReceiptDesk&) = delete;

  /// A part of the stanza that is being handled; empty if its sender does not wait.
  Receipt part() { return current_ == nullptr ? Receipt{} : current_->split(); }
  Receipt take(ReceiptToken token) { return {*this, token}; }

  /// To be called by the feature that archives the message which is being handled: what it keeps is enough to
  /// answer for the message (RULES 3, first row), nobody need wait until a recipient's client has it.
  void mark_secured() { secured_ = true; }
  bool is_secured() const { return secured_; }

  /// Shares that came back, by the shard of their session; emptied by the caller. Shard's turn only.
  std::vector<std::vector<ReceiptToken>>& settled() { return settled_; }

 private:
  friend class Receipt;
  friend class ReceiptScope;
  Receipt* current_ = nullptr;
  bool secured_ = false;
  std::vector<std::vector<ReceiptToken>> settled_;
};

/// While it lives, what its shard does is done in the name of a stanza. Nests; on the stack only, and never
/// over a suspension.
class ReceiptScope {
 public:
  ReceiptScope(ReceiptDesk& desk, Receipt receipt)
      : desk_(desk),
        receipt_(std::move(receipt)),
        outer_(std::exchange(desk.current_, &receipt_)),
        outer_secured_(std::exchange(desk.secured_, false)) {}
  ~ReceiptScope() {
    desk_.current_ = outer_;
    desk_.secured_ = outer_secured_;
  }
  ReceiptScope(const ReceiptScope&) = delete;
  ReceiptScope& operator=(const ReceiptScope&) = delete;

 private:
  ReceiptDesk& desk_;
  Receipt receipt_;
  Receipt* outer_;
  bool outer_secured_;
};

}  // namespace vestnik
