#pragma once
#include "shard/feature/feature.h"
#include "shard/session/account.h"

namespace vestnik::features::pubsub_calls {

/// An owner's answer to a request to subscribe (XEP-0060 §8.6): a message with a form, to the account itself.
/// Other messages pass.
Verdict decide(Account& account, Stanza& message);

}  // namespace vestnik::features::pubsub_calls
