#include "tests/contract/sqlite/faulty_disk.h"

#include <sqlite3.h>

#include <array>

namespace vestnik::storage {
namespace {

// SQLite's tables of functions have no room for a context, so this is one: the disk that is in use.
FaultyDisk* disk = nullptr;
sqlite3_vfs* real_vfs = nullptr;
sqlite3_vfs faulty_vfs;

// The default VFS has its own methods for databases and for the files beside them; a file keeps the methods
// of its kind with some of them replaced.
enum Kind : std::size_t { database_file, log_file, other_file, kinds };
struct Methods {
  const sqlite3_io_methods* real = nullptr;
  sqlite3_io_methods faulty{};
};
std::array<Methods, kinds> methods;

template <Kind kind>
int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  const int result = disk->write_result;
  return result != SQLITE_OK ? result : methods[kind].real->xWrite(file, data, size, offset);
}

int sync_log(sqlite3_file* file, int flags) {
  if (disk->failing_syncs > 0) {
    --disk->failing_syncs;
    return SQLITE_IOERR_FSYNC;
  }
  ++disk->syncs_of_logs;
  return methods[log_file].real->xSync(file, flags);
}

template <Kind kind>
void replace_methods(sqlite3_file* file) {
  Methods& of_kind = methods[kind];
  if (of_kind.real == nullptr) {
    of_kind.real = file->pMethods;
    of_kind.faulty = *file->pMethods;
    of_kind.faulty.xWrite = write<kind>;
    if (kind == log_file) of_kind.faulty.xSync = sync_log;
  }
  file->pMethods = &of_kind.faulty;
}

int open_file(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  const int result = real_vfs->xOpen(real_vfs, name, file, flags, out_flags);
  if (result != SQLITE_OK) return result;
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) {
    replace_methods<database_file>(file);
  } else if ((flags & SQLITE_OPEN_WAL) != 0) {
    replace_methods<log_file>(file);
  } else {
    replace_methods<other_file>(file);
  }
  return result;
}

}  // namespace

FaultyDisk::FaultyDisk() {
  disk = this;
  real_vfs = sqlite3_vfs_find(nullptr);
  faulty_vfs = *real_vfs;
  faulty_vfs.zName = "faulty";
  faulty_vfs.xOpen = open_file;
  sqlite3_vfs_register(&faulty_vfs, 1);
}

FaultyDisk::~FaultyDisk() {
  sqlite3_vfs_unregister(&faulty_vfs);
  sqlite3_vfs_register(real_vfs, 1);
  disk = nullptr;
}

}  // namespace vestnik::storage
