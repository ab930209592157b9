#include "shard/receipts/handled_count.h"

#include <algorithm>

#include "shard/receipts/receipt.h"

namespace vestnik {
namespace {

// The room to begin with, and what an idle stream keeps at most.
constexpr std::size_t kFirstRoom = 8;

}  // namespace

std::uint32_t HandledCount::add() {
  if (open_.full()) open_.set_capacity(std::max(kFirstRoom, open_.capacity() * 2));
  open_.push_back(kWholeShare);
  return ++received_;
}

void HandledCount::settle(std::uint32_t number, std::uint64_t share) {
  const std::uint32_t place = number - handled() - 1;  // modulo 2^32
  if (place >= open_.size()) return;
  open_[place] -= share;
  while (!open_.empty() && open_.front() == 0) open_.pop_front();
  if (open_.empty() && open_.capacity() > kFirstRoom) open_.set_capacity(0);
}

}  // namespace vestnik
