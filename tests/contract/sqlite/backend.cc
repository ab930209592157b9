#include "tests/contract/fixture.h"

namespace vestnik::storage {

StorageConfig new_storage(const std::filesystem::path& dir) {
  StorageConfig config;
  config.path = (dir / "vestnik.db").string();
  return config;
}

}  // namespace vestnik::storage
