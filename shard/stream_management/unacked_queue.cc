#include "shard/stream_management/unacked_queue.h"

#include <algorithm>
#include <utility>

namespace vestnik {
namespace {

constexpr std::size_t kFirstRoom = 4;

}  // namespace

void UnackedQueue::push(Unacked stanza) {
  if (stanzas_.full()) stanzas_.set_capacity(std::max(kFirstRoom, stanzas_.capacity() * 2));
  bytes_ += stanza.stanza->cost();
  stanzas_.push_back(std::move(stanza));
  ++sent_;
}

bool UnackedQueue::acknowledge(std::uint32_t h) {
  std::uint32_t news = h - acknowledged();
  if (news > stanzas_.size()) return false;
  for (; news > 0; --news) {
    const Unacked done = std::move(stanzas_.front());
    stanzas_.pop_front();
    bytes_ -= done.stanza->cost();
    if (done.delivery) done.delivery->delivered();
  }
  if (stanzas_.empty()) stanzas_.set_capacity(0);
  return true;
}

}  // namespace vestnik
