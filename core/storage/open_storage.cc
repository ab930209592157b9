#include "core/storage/sqlite/sqlite_storage.h"
#include "core/storage/storage.h"

namespace vestnik::storage {

std::unique_ptr<Storage> open_storage(const StorageConfig& config, Events events, const Tuning& tuning) {
  return sqlite::open_sqlite_storage(config, std::move(events), tuning);
}

}  // namespace vestnik::storage
