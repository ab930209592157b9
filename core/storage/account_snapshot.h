#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/storage/stores.h"

namespace vestnik::storage {

/// What a log-in needs of an account, all of the same moment.
struct AccountSnapshot {
  AccountRecord account;
  Roster roster;
  std::vector<std::string> blocked;
  OfflineUsage offline;
  std::optional<ArchiveHead> archive;  ///< none for an account that is not stored, which can have none
};

/// None if there is no such account. For use within one read job.
std::optional<AccountSnapshot> load_account_snapshot(Stores& stores, std::string_view jid);

}  // namespace vestnik::storage
