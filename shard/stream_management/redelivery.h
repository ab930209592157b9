#pragma once
#include <chrono>

#include "proto/stanza/stanza.h"
#include "shard/stream_management/unacked_queue.h"

namespace vestnik {

class Shard;

/// What a session's client never acknowledged, after the session's end (XEP-0198 §4): messages as redeliver()
/// says, requests are answered as if the resource had never been there, all else is of no use to others.
void redeliver_all(Shard& shard, const UnackedQueue& queue);

/// A message that its addressee's session did not get: to the account's other resources, else to the offline
/// store, else back to the sender; with the time of the first try (XEP-0203). It has been through the inbound
/// hooks, and keeps what they gave it. What only informs the one resource (carbons, headlines) vanishes.
void redeliver(Shard& shard, const Stanza& message, std::chrono::system_clock::time_point sent_at);

}  // namespace vestnik
