#include "shard/stream_management/redelivery.h"

#include "shard/routing/local_delivery.h"
#include "shard/session/stamps.h"
#include "shard/shard.h"

namespace vestnik {
void redeliver_all(Shard& shard, const UnackedQueue& queue) {
  for (const Unacked& unacked : queue.stanzas()) {
    const Stanza& stanza = *unacked.stanza;
    if (unacked.delivery) {
      unacked.delivery->lost();
    } else if (stanza.is_message()) {
      redeliver(shard, stanza, unacked.sent_at);
    } else if (stanza.is_request()) {
      shard.bounce(stanza, StanzaCondition::service_unavailable);
    }
  }
}

void redeliver(Shard& shard, const Stanza& message, std::chrono::system_clock::time_point sent_at) {
  const JidView to = message.to();
  Account* account = shard.accounts().loaded(to.bare());
  const bool own_copy = message.from().full() == to.bare();
  if (account == nullptr || own_copy) return;
  switch (message.type()) {
    case StanzaType::normal:
    case StanzaType::chat: return delivery::again(*account, with_delay(message, sent_at));
    case StanzaType::groupchat: return shard.bounce(message, StanzaCondition::service_unavailable);
    default: return;
  }
}

}  // namespace vestnik
