#pragma once
#include <functional>

#include "core/storage/error.h"
#include "proto/base/result.h"
#include "shard/session/account.h"

namespace vestnik {

/// Removes an account with all that is stored of it. When that is committed `removed` is called, on the
/// shard's thread; then the contacts learn that both directions of their subscriptions have ended, and the
/// account's sessions are closed. After a failure nothing has changed.
void remove_account(Account& account, std::move_only_function<void(Result<void, storage::Error>)> removed);

}  // namespace vestnik
