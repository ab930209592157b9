#include "shard/s2s/outbound.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "shard/routing/message_kind.h"
#include "shard/s2s/spool.h"

namespace vestnik::s2s {
namespace {

constexpr std::uint8_t kMaxRejected = 3;

}  // namespace

bool must_survive(const Stanza& stanza) {
  if (stanza.is_presence()) return is_subscription(stanza.type());
  if (!stanza.is_message() || stanza.has(Mark::no_store)) return false;
  return must_arrive(stanza) || (stanza.type() == StanzaType::groupchat && !is_only_chat_state(stanza));
}

void OutboundQueue::push(Outbound one) {
  bytes_ += one.stanza.cost();
  waiting_.push_back(std::move(one));
}

Outbound OutboundQueue::pop() {
  Outbound one = std::move(waiting_.front());
  waiting_.pop_front();
  forget(one);
  return one;
}

void OutboundQueue::send_next(std::string& out) {
  out.append(waiting_.front().stanza.wire());
  sent_.push_back(std::move(waiting_.front()));
  waiting_.pop_front();
}

void OutboundQueue::safe(std::size_t count) {
  for (; count > 0; --count) {
    forget(sent_.front());
    sent_.pop_front();
  }
}

void OutboundQueue::unsend() {
  std::move(waiting_.begin(), waiting_.end(), std::back_inserter(sent_));
  waiting_ = std::exchange(sent_, {});
}

std::vector<Outbound> OutboundQueue::take_sent() {
  std::vector<Outbound> taken(std::move_iterator(sent_.begin()), std::move_iterator(sent_.end()));
  sent_.clear();
  for (Outbound& one : taken) forget(one);
  return taken;
}

std::vector<Outbound> OutboundQueue::take_all() {
  std::move(waiting_.begin(), waiting_.end(), std::back_inserter(sent_));
  waiting_.clear();
  return take_sent();
}

std::vector<Outbound> OutboundQueue::take_rejected() {
  for (Outbound& one : sent_) ++one.rejected;
  // Those that were sent first were sent most often.
  const auto end =
      std::ranges::find_if(sent_, [](const Outbound& one) { return one.rejected < kMaxRejected; });
  std::vector<Outbound> taken(std::move_iterator(sent_.begin()), std::move_iterator(end));
  sent_.erase(sent_.begin(), end);
  for (Outbound& one : taken) forget(one);
  return taken;
}

std::vector<Outbound> OutboundQueue::take_lost() {
  std::vector<Outbound> taken;
  for (Outbound& one : std::exchange(waiting_, {})) {
    if (one.spooled) {
      waiting_.push_back(std::move(one));
    } else {
      forget(one);
      taken.push_back(std::move(one));
    }
  }
  return taken;
}

std::vector<storage::SpooledStanza> OutboundQueue::to_be_spooled(bool all) {
  std::vector<storage::SpooledStanza> stanzas;
  for (auto* queue : {&sent_, &waiting_}) {
    for (Outbound& one : *queue) {
      const bool wanted = one.receipt || (all && must_survive(one.stanza));
      if (!wanted || std::exchange(one.spooled, true)) continue;
      stanzas.push_back({.id = one.id, .stanza = std::string(one.stanza.wire())});
    }
  }
  return stanzas;
}

// One that is not found has become safe in the meantime, and is being deleted.
void OutboundQueue::on_spooled(std::span<const storage::SpoolId> ids, bool done) {
  for (const storage::SpoolId id : ids) {
    Outbound* one = find(id);
    if (one == nullptr) continue;
    if (done) {
      one->receipt.settle();
    } else {
      one->spooled = false;
    }
  }
}

Outbound* OutboundQueue::find(storage::SpoolId id) {
  for (auto* queue : {&sent_, &waiting_}) {
    const auto found = std::ranges::lower_bound(*queue, id, {}, &Outbound::id);
    if (found != queue->end() && found->id == id) return &*found;
  }
  return nullptr;
}

void OutboundQueue::forget(Outbound& one) {
  bytes_ -= one.stanza.cost();
  if (std::exchange(one.spooled, false)) spool_.remove(one.id);
}

}  // namespace vestnik::s2s
