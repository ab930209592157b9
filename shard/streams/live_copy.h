#pragma once
#include <chrono>
#include <memory>
#include <span>

#include "shard/receipts/receipt.h"
#include "shard/session/account.h"
#include "shard/streams/delivery.h"

namespace vestnik {

/// A message in the hands of one or more sessions of its addressee. It is safe when one of their clients has
/// it; when all sessions have ended before that, it goes to whoever is there by then, or the offline store,
/// or back. Until then its sender's receipt is kept (RULES 3, second row). The shard's thread.
class LiveCopy final : public Delivery {
 public:
  LiveCopy(Account& account, std::shared_ptr<const Stanza> message, std::size_t sessions, Receipt receipt);

  void delivered() override;
  void lost() override;

 private:
  Shard& shard_;
  std::shared_ptr<const Stanza> message_;
  std::size_t open_;  ///< sessions that have not said yet
  bool taken_ = false;
  std::chrono::system_clock::time_point sent_at_;
  Receipt receipt_;
};

/// Gives a message to these sessions of its addressee, at least one. `must_arrive`: false for what may get
/// lost, such as headlines.
void deliver_to(Account& account, std::span<Session* const> sessions, Stanza message, bool must_arrive);

}  // namespace vestnik
