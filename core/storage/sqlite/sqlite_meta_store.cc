#include "core/storage/sqlite/database.h"
#include "core/storage/sqlite/sqlite_stores.h"

namespace vestnik::storage::sqlite {
namespace {

class SqliteMetaStore final : public MetaStore {
 public:
  explicit SqliteMetaStore(Database& database)
      : get_(database, "SELECT value FROM meta WHERE key = ?1"),
        put_(database, "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)") {}

  std::optional<std::string> get(std::string_view key) override {
    Cursor row = get_.query(key);
    if (!row.next()) return std::nullopt;
    return row.text(0);
  }

  void put(std::string_view key, std::string_view bytes) override { put_.run(key, Bytes{bytes}); }

 private:
  Statement get_;
  Statement put_;
};

}  // namespace

std::unique_ptr<MetaStore> make_meta_store(Database& database) {
  return std::make_unique<SqliteMetaStore>(database);
}

}  // namespace vestnik::storage::sqlite
