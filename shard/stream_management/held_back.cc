#include "shard/stream_management/held_back.h"

#include <algorithm>

#include "shard/routing/message_kind.h"

namespace vestnik {
namespace {

constexpr std::size_t kMaxHeld = 200;
constexpr std::size_t kMaxHeldBytes = std::size_t{64} * 1024;

bool is_state(const Stanza& stanza) {
  if (stanza.is_presence())
    return stanza.type() == StanzaType::available || stanza.type() == StanzaType::unavailable;
  return stanza.is_message() && !stanza.is_error() && is_only_chat_state(stanza);
}

bool can_wait(const Stanza& stanza) {
  const bool event = stanza.is_message() && stanza.type() == StanzaType::headline && !stanza.has(Mark::body);
  return event || is_state(stanza);
}

}  // namespace

bool HeldBack::hold(const std::shared_ptr<const Stanza>& stanza) {
  if (!can_wait(*stanza)) return false;
  if (is_state(*stanza)) {
    const auto older = std::ranges::find_if(held_, [&](const auto& held) {
      return held->kind() == stanza->kind() && is_state(*held) && held->from() == stanza->from() &&
             held->to() == stanza->to();
    });
    if (older != held_.end()) {
      bytes_ -= (*older)->cost();
      held_.erase(older);
    }
  }
  if (held_.size() >= kMaxHeld || bytes_ + stanza->cost() > kMaxHeldBytes) return false;
  bytes_ += stanza->cost();
  held_.push_back(stanza);
  return true;
}

std::vector<std::shared_ptr<const Stanza>> HeldBack::release() {
  bytes_ = 0;
  return std::exchange(held_, {});
}

}  // namespace vestnik
