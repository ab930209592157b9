#pragma once
#include "proto/jid/jid.h"
#include "shard/session/account.h"

namespace vestnik {

/// Whether the account has blocked an address (XEP-0191 §2): a block on its full form, its bare form,
/// `domain/resource` or its domain matches. An account's own resources are never blocked.
bool is_blocked(const Account& account, JidView peer);

}  // namespace vestnik
