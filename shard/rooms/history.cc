#include "shard/rooms/history.h"

#include <algorithm>
#include <utility>

namespace vestnik::rooms {

void History::add(std::shared_ptr<const Stanza> message, Time at) {
  bytes_ += message->cost();
  entries_.push_back({std::move(message), at});
  while (entries_.size() > limit_ || bytes_ > kMaxBytes) drop_oldest();
}

void History::limit(std::size_t messages) {
  limit_ = messages;
  while (entries_.size() > limit_) drop_oldest();
}

void History::drop_oldest() {
  bytes_ -= entries_.front().message->cost();
  entries_.pop_front();
}

std::vector<std::shared_ptr<const Stanza>> History::choose(const muc::HistoryWish& wish, Time now) const {
  const std::size_t most = std::min<std::uint64_t>(wish.stanzas.value_or(entries_.size()), entries_.size());
  std::uint64_t characters = wish.characters.value_or(UINT64_MAX);
  const auto is_wanted = [&](const Entry& entry) {
    if (wish.since && entry.at < *wish.since) return false;
    const auto age = std::chrono::floor<std::chrono::seconds>(now - entry.at).count();
    return !wish.seconds || std::cmp_less_equal(age, *wish.seconds);
  };
  std::vector<std::shared_ptr<const Stanza>> chosen;
  for (auto entry = entries_.rbegin(); entry != entries_.rend() && chosen.size() < most; ++entry) {
    if (!is_wanted(*entry) || entry->message->wire().size() > characters) break;
    characters -= entry->message->wire().size();
    chosen.push_back(entry->message);
  }
  std::ranges::reverse(chosen);
  return chosen;
}

}  // namespace vestnik::rooms
