#pragma once
#include <memory>

#include "core/storage/storage.h"

namespace vestnik::storage::postgresql {

/// The storage in a PostgreSQL database: one thread with the connection that writes, some that read.
/// Arguments and errors as open_storage().
std::unique_ptr<Storage> open_postgresql_storage(const StorageConfig& config, Events events,
                                                 const Tuning& tuning);

}  // namespace vestnik::storage::postgresql
