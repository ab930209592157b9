#include "core/storage/account_snapshot.h"

#include <utility>

namespace vestnik::storage {

std::optional<AccountSnapshot> load_account_snapshot(Stores& stores, std::string_view jid) {
  auto account = stores.accounts().find(jid);
  if (!account) return std::nullopt;
  return AccountSnapshot{.account = std::move(*account),
                         .roster = stores.rosters().load(jid),
                         .blocked = stores.blocks().load(jid),
                         .offline = stores.offline().usage(jid),
                         .archive = stores.archive().head(jid)};
}

}  // namespace vestnik::storage
