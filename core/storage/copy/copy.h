#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/storage/error.h"

namespace vestnik::storage {

/// How much of a table was copied.
struct CopiedTable {
  std::string_view name;
  std::uint64_t rows = 0;
};

/// Copies everything that one storage (the path of an SQLite file or the URL of a PostgreSQL database) holds,
/// as it is at this moment, into another, of the same back-end or not, which must be new: an empty database,
/// or a file that does not exist. Brings both to the present schema first. While it runs, and from then on,
/// nobody may use either: what a server writes meanwhile is not copied. All or nothing; throws Failure.
std::vector<CopiedTable> copy_storage(const std::string& from, const std::string& to);

}  // namespace vestnik::storage
