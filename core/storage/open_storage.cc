#include "core/storage/location.h"
#include "core/storage/postgresql/postgresql_storage.h"
#include "core/storage/sqlite/sqlite_storage.h"
#include "core/storage/storage.h"

namespace vestnik::storage {

std::unique_ptr<Storage> open_storage(const StorageConfig& config, Events events, const Tuning& tuning) {
  if (is_postgresql(config.path))
    return postgresql::open_postgresql_storage(config, std::move(events), tuning);
  return sqlite::open_sqlite_storage(config, std::move(events), tuning);
}

}  // namespace vestnik::storage
