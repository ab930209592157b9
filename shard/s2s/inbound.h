#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/runtime/timer_wheel.h"
#include "shard/receipts/handled_count.h"
#include "shard/receipts/receipt.h"

namespace vestnik {

class S2sShard;

namespace s2s {

class InboundTable;
class ServerStream;

/// What another server has sent on a managed stream (XEP-0198) and how much of it is handled. Outlives its
/// connection, so that another one may resume it. The S2S shard's thread.
class Inbound {
 public:
  /// `number`: its own among all. `id`: names it for resumption, "": it cannot be resumed.
  Inbound(InboundTable& table, std::uint64_t number, std::string id, std::string remote);
  Inbound(const Inbound&) = delete;
  Inbound& operator=(const Inbound&) = delete;

  std::uint64_t number() const { return number_; }
  const std::string& id() const { return id_; }
  const std::string& remote() const { return remote_; }
  bool has_received() const { return count_.received() != 0; }
  ServerStream* carrier() const { return carrier_; }
  bool is_catching_up() const { return catching_up_; }

  /// Counts a stanza that has come; to be kept until it is handled.
  Receipt receive();
  void settle(const ReceiptToken& token);
  /// `<r/>`: answered when all that came before it is handled, after a quarter of a second at the latest with
  /// the count there is by then, and then again (RULES 3).
  void on_request();

  /// A new stream carries it.
  void start(ServerStream& carrier) { carrier_ = &carrier; }
  /// Another one wants to: it is told when all that came before is handled (on_caught_up()), so that nothing
  /// is sent twice, or that this takes too long.
  void resume(ServerStream& carrier);
  /// The connection is gone: it can be resumed for a while.
  void lose_carrier();

 private:
  bool all_handled() const { return count_.handled() == count_.received(); }
  void answer_if_due();
  void answer();
  void on_patience_over();
  void caught_up();

  InboundTable& table_;
  std::uint64_t number_;
  std::string id_;
  std::string remote_;
  HandledCount count_;
  ServerStream* carrier_ = nullptr;
  bool asked_ = false;
  bool catching_up_ = false;
  std::uint32_t asked_at_ = 0;  ///< what had come when we were asked last
  Timer patience_;              ///< of the one who asked, or who wants to resume
  Timer expiry_;                ///< while there is no carrier
};

/// The managed streams of other servers. The S2S shard's thread.
class InboundTable {
 public:
  explicit InboundTable(S2sShard& shard) : shard_(shard) {}
  InboundTable(const InboundTable&) = delete;
  InboundTable& operator=(const InboundTable&) = delete;

  /// A new one of the domain `remote`.
  std::shared_ptr<Inbound> open(std::string remote, bool resumable);
  /// The one that `id` names, if it is of that domain.
  std::shared_ptr<Inbound> find(std::string_view id, std::string_view remote) const;
  /// A share of a stanza has come back; nothing happens if its stream is forgotten.
  void settle(const ReceiptToken& token);
  void forget(const Inbound& inbound) { all_.erase(inbound.number()); }
  S2sShard& shard() { return shard_; }

 private:
  S2sShard& shard_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Inbound>> all_;
  std::uint64_t last_number_ = 0;
};

}  // namespace s2s
}  // namespace vestnik
