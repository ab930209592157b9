#pragma once
#include <string_view>

#include "proto/stanza/stanza.h"
#include "shard/shard.h"

namespace vestnik {

/// Takes out of a client's stanza what only servers may say, all of it and not only the first (SECURITY 20):
/// `<delay>` from one of our hosts or the sender's account, `<stanza-id>` by these or by the addressee
/// (XEP-0359 §3), carbons and archive results. Cheap for stanzas that have nothing of the kind.
void strip_forged_stamps(Shard& shard, Stanza& stanza);

/// The same for a stanza that has reached the account `bare`, whoever sent it: `<stanza-id>` by that account,
/// and carbons, which come from nobody but the account itself.
void strip_forged_stamps_for(Shard& shard, Stanza& stanza, std::string_view bare);

/// The same for a stanza of another server: takes out what claims to be by one of our hosts or accounts.
void strip_stamps_of_hosts(xml::Document& document, const Config& config, Stanza& stanza);

/// The message with the time at which it first reached its addressee's host (XEP-0203). One that has waited
/// before has that stamp already and keeps it.
Stanza with_delay(const Stanza& message, std::chrono::system_clock::time_point reached_at);

}  // namespace vestnik
