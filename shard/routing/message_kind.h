#pragma once
#include "proto/stanza/stanza.h"

namespace vestnik {

/// Presence of a kind that concerns subscriptions (RFC 6121 §3).
inline bool is_subscription(StanzaType type) {
  return type == StanzaType::subscribe || type == StanzaType::subscribed || type == StanzaType::unsubscribe ||
         type == StanzaType::unsubscribed;
}

/// "Alice is typing" and nothing else (XEP-0085): stale by the time anybody could come back to it.
inline bool is_only_chat_state(const Stanza& message) {
  return message.has(Mark::chat_state) && !message.has(Mark::body) && !message.has(Mark::subject) &&
         !message.has(Mark::encrypted) && !message.has(Mark::receipt) && !message.has(Mark::retract) &&
         !message.has(Mark::other);
}

/// Whether a message must reach somebody, or its sender learn that it did not: what people write, but neither
/// headlines nor chat states.
inline bool must_arrive(const Stanza& message) {
  const bool written = message.type() == StanzaType::chat || message.type() == StanzaType::normal;
  return written && !is_only_chat_state(message);
}

}  // namespace vestnik
