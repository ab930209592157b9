#pragma once
#include "shard/shard.h"

namespace vestnik::features {

/// Puts a tombstone in the place of the message that `retraction`, which the account's archive is being
/// given, takes back (XEP-0424 §5), if it is among the last of those exchanged with `peer` and by the same
/// author. The retraction is not handled before that is on the disk.
void leave_tombstone(Account& account, const Stanza& retraction, JidView peer);

}  // namespace vestnik::features
