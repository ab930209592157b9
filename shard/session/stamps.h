#pragma once
#include "proto/stanza/stanza.h"
#include "shard/shard.h"

namespace vestnik {

/// Takes out of a client's stanza what only this server may say: `<delay>` from one of its hosts or the
/// sender's account, and
/// `<stanza-id>` by them, all of them and not only the first (SECURITY 20, XEP-0359 §3). Cheap for stanzas
/// that have neither.
void strip_forged_stamps(Shard& shard, Stanza& stanza);

/// The message with the time at which it first reached its addressee's host (XEP-0203). One that has waited
/// before has that stamp already and keeps it.
Stanza with_delay(const Stanza& message, std::chrono::system_clock::time_point reached_at);

}  // namespace vestnik
