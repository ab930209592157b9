#pragma once
#include <memory>

#include "core/storage/storage.h"

namespace vestnik::storage::sqlite {

/// The storage in an SQLite file: one thread that writes, some that read, one that checkpoints the log and
/// one for backups, each with connections of its own. Arguments and errors as open_storage().
std::unique_ptr<Storage> open_sqlite_storage(const StorageConfig& config, Events events,
                                             const Tuning& tuning);

}  // namespace vestnik::storage::sqlite
