#include "tests/contract/fixture.h"
#include "tests/contract/postgresql/cluster.h"

namespace vestnik::storage {

StorageConfig new_storage(const std::filesystem::path& /*dir*/) {
  StorageConfig config;
  config.path = cluster().new_url();
  return config;
}

}  // namespace vestnik::storage
