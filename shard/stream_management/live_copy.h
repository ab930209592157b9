#pragma once
#include <chrono>
#include <memory>
#include <span>

#include "shard/receipts/receipt.h"
#include "shard/session/account.h"
#include "shard/stream_management/delivery.h"

namespace vestnik {

/// A message in the hands of one or more sessions of its addressee. It is safe when one of their clients has
/// it; when all sessions have ended before that, it goes to whoever is there by then, or the offline store,
/// or back. Its sender's receipt is kept until it is safe; if that takes longer than StreamTable's patience,
/// a feature stores it meanwhile (RULES 3, second row). The shard's thread.
class LiveCopy final : public Delivery, public std::enable_shared_from_this<LiveCopy> {
 public:
  LiveCopy(Account& account, std::shared_ptr<const Stanza> message, std::size_t sessions, Receipt receipt);

  void delivered() override;
  void lost() override;

  /// Has a copy stored if somebody still waits for the receipt.
  void insure();
  /// The copy could not be stored: the receipt has to wait for the client after all.
  void insurance_failed();

  const std::shared_ptr<const Stanza>& message() const { return message_; }
  std::chrono::system_clock::time_point sent_at() const { return sent_at_; }

 private:
  Shard& shard_;
  std::shared_ptr<const Stanza> message_;
  std::size_t open_;  ///< sessions that have not said yet
  bool taken_ = false;
  std::chrono::system_clock::time_point sent_at_;
  Receipt receipt_;
  std::shared_ptr<StoredCopy> stored_;
};

/// Gives a message to these sessions of its addressee, at least one.
void deliver_to(Account& account, std::span<Session* const> sessions, Stanza message);

}  // namespace vestnik
