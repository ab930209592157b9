#include "core/storage/sqlite/sqlite_stores.h"

#include <fmt/format.h>

#include "core/storage/sqlite/database.h"
#include "core/storage/store_set.h"

namespace vestnik::storage::sqlite {
std::unique_ptr<Stores> make_stores(Database& database) {
  auto stores = std::make_unique<StoreSet>();
  stores->account_store = make_account_store(database);
  stores->roster_store = make_roster_store(database);
  stores->offline_store = make_offline_store(database);
  stores->private_store = make_private_store(database);
  stores->vcard_store = make_vcard_store(database);
  stores->block_store = make_block_store(database);
  stores->archive_store = make_archive_store(database);
  stores->pubsub_store = make_pubsub_store(database);
  stores->spool_store = make_spool_store(database);
  stores->room_store = make_room_store(database);
  stores->meta_store = make_meta_store(database);
  return stores;
}

AccountIds::AccountIds(Database& database) : find_(database, "SELECT id FROM account WHERE jid = ?1") {}

std::optional<std::int64_t> AccountIds::find(std::string_view jid) {
  Cursor row = find_.query(jid);
  if (!row.next()) return std::nullopt;
  return row.integer(0);
}

std::int64_t AccountIds::require(std::string_view jid) {
  if (const auto id = find(jid)) return *id;
  throw Failure({ErrorKind::constraint, fmt::format("no account {}", jid)});
}

}  // namespace vestnik::storage::sqlite
