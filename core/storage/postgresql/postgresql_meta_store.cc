#include "core/storage/postgresql/postgresql_stores.h"

namespace vestnik::storage::postgresql {
namespace {

class PostgresqlMetaStore final : public MetaStore {
 public:
  explicit PostgresqlMetaStore(Connection& connection)
      : get_(connection, "SELECT value FROM meta WHERE key = $1"),
        put_(connection,
             "INSERT INTO meta (key, value) VALUES ($1, $2) "
             "ON CONFLICT (key) DO UPDATE SET value = excluded.value") {}

  std::optional<std::string> get(std::string_view key) override {
    Rows row = get_.query(key);
    if (!row.next()) return std::nullopt;
    return row.text(0);
  }

  void put(std::string_view key, std::string_view bytes) override { put_.run(key, bytes); }

 private:
  Statement get_;
  Statement put_;
};

}  // namespace

std::unique_ptr<MetaStore> make_meta_store(Connection& connection) {
  return std::make_unique<PostgresqlMetaStore>(connection);
}

}  // namespace vestnik::storage::postgresql
