#include "core/storage/postgresql/postgresql_stores.h"

#include "core/storage/store_set.h"

namespace vestnik::storage::postgresql {

std::unique_ptr<Stores> make_stores(Connection& connection) {
  auto stores = std::make_unique<StoreSet>();
  stores->account_store = make_account_store(connection);
  stores->roster_store = make_roster_store(connection);
  stores->offline_store = make_offline_store(connection);
  stores->private_store = make_private_store(connection);
  stores->vcard_store = make_vcard_store(connection);
  stores->block_store = make_block_store(connection);
  stores->archive_store = make_archive_store(connection);
  stores->pubsub_store = make_pubsub_store(connection);
  stores->spool_store = make_spool_store(connection);
  stores->room_store = make_room_store(connection);
  stores->meta_store = make_meta_store(connection);
  return stores;
}

}  // namespace vestnik::storage::postgresql
