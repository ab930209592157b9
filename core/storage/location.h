#pragma once
#include <string_view>

namespace vestnik::storage {

/// Whether a storage's place (StorageConfig::path) is the URL of a PostgreSQL database; otherwise it is an
/// SQLite file.
constexpr bool is_postgresql(std::string_view place) {
  return place.starts_with("postgresql://") || place.starts_with("postgres://");
}

}  // namespace vestnik::storage
