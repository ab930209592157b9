#include "shard/streams/live_copy.h"

#include <algorithm>
#include <utility>

#include "shard/shard.h"
#include "shard/streams/redelivery.h"

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
  taken_ = true;
  receipt_.settle();
}

void LiveCopy::lost() {
  if (--open_ != 0 || taken_) return;
  const ReceiptScope scope(shard_.receipts(), std::move(receipt_));
  redeliver(shard_, *message_, sent_at_);
}

void deliver_to(Account& account, std::span<Session* const> sessions, Stanza message, bool must_arrive) {
  ReceiptDesk& desk = account.shard().receipts();
  Receipt receipt = must_arrive && !desk.is_secured() ? desk.part() : Receipt{};
  const bool several_keep = sessions.size() > 1 && std::ranges::any_of(sessions, &Session::is_managed);
  if (!receipt && !several_keep) {
    for (Session* session : sessions.first(sessions.size() - 1)) session->send(message);
    return sessions.back()->send(std::move(message));
  }
  const auto shared = std::make_shared<const Stanza>(std::move(message));
  std::shared_ptr<LiveCopy> copy;
  if (must_arrive) copy = std::make_shared<LiveCopy>(account, shared, sessions.size(), std::move(receipt));
  for (Session* session : sessions) session->send(shared, copy);
}

}  // namespace vestnik
