#include "shard/stream_management/live_copy.h"

#include <algorithm>
#include <utility>

#include "shard/routing/message_kind.h"
#include "shard/shard.h"
#include "shard/stream_management/redelivery.h"

namespace vestnik {

LiveCopy::LiveCopy(Account& account, std::shared_ptr<const Stanza> message, std::size_t sessions,
                   Receipt receipt)
    : shard_(account.shard()),
      message_(std::move(message)),
      open_(sessions),
      sent_at_(shard_.reactor().wall_now()),
      receipt_(std::move(receipt)) {}

void LiveCopy::delivered() {
  --open_;
  if (std::exchange(taken_, true)) return;
  receipt_.settle();
  if (stored_) stored_->client_has_it();
}

void LiveCopy::lost() {
  if (--open_ != 0 || taken_) return;
  if (stored_) return stored_->nobody_has_it();
  const ReceiptScope scope(shard_.receipts(), std::move(receipt_));
  redeliver(shard_, *message_, sent_at_);
}

void LiveCopy::insure() {
  Account* account = shard_.accounts().loaded(message_->to().bare());
  if (!receipt_ || account == nullptr) return;
  // The write takes a part of the receipt; without one all of it goes on waiting.
  const ReceiptScope scope(shard_.receipts(), std::move(receipt_));
  for (const auto& hook : shard_.features().hooks().insure) {
    stored_ = hook.call(*account, shared_from_this());
    if (stored_) return;
  }
  receipt_ = shard_.receipts().part();
}

void LiveCopy::insurance_failed() {
  stored_.reset();
  if (!taken_) receipt_ = shard_.receipts().part();
}

void deliver_to(Account& account, std::span<Session* const> sessions, Stanza message) {
  Shard& shard = account.shard();
  const bool matters = must_arrive(message);
  // Its sender need not wait for what may not be stored (RULES 3, the row of no-store).
  const bool awaited = matters && !message.has(Mark::no_store) && !shard.receipts().is_secured();
  Receipt receipt = awaited ? shard.receipts().part() : Receipt{};
  const bool several_keep = sessions.size() > 1 && std::ranges::any_of(sessions, &Session::is_managed);
  if (!receipt && !several_keep) {
    for (Session* session : sessions.first(sessions.size() - 1)) session->send(message);
    return sessions.back()->send(std::move(message));
  }
  const bool insured = static_cast<bool>(receipt);
  const auto shared = std::make_shared<const Stanza>(std::move(message));
  std::shared_ptr<LiveCopy> copy;
  if (matters) copy = std::make_shared<LiveCopy>(account, shared, sessions.size(), std::move(receipt));
  if (insured) shard.streams().insure_later(copy);
  for (Session* session : sessions) session->send(shared, copy);
}

}  // namespace vestnik
