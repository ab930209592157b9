#include "core/storage/sqlite/database.h"
#include "core/storage/sqlite/sqlite_stores.h"

namespace vestnik::storage::sqlite {
namespace {

class SqliteSpoolStore final : public SpoolStore {
 public:
  explicit SqliteSpoolStore(Database& database)
      : put_(database, "INSERT OR REPLACE INTO s2s_spool (id, stanza) VALUES (?1, ?2)"),
        list_(database, "SELECT id, stanza FROM s2s_spool WHERE id > ?1 ORDER BY id LIMIT ?2"),
        remove_(database, "DELETE FROM s2s_spool WHERE id = ?1") {}

  void put(std::span<const SpooledStanza> stanzas) override {
    for (const SpooledStanza& one : stanzas) put_.run(one.id, std::string_view(one.stanza));
  }

  std::vector<SpooledStanza> list(SpoolId after, std::size_t limit) override {
    std::vector<SpooledStanza> stanzas;
    Cursor row = list_.query(after, limit);
    while (row.next()) stanzas.push_back({.id = row.integer(0), .stanza = row.text(1)});
    return stanzas;
  }

  void remove(std::span<const SpoolId> ids) override {
    for (const SpoolId id : ids) remove_.run(id);
  }

 private:
  Statement put_;
  Statement list_;
  Statement remove_;
};

}  // namespace

std::unique_ptr<SpoolStore> make_spool_store(Database& database) {
  return std::make_unique<SqliteSpoolStore>(database);
}

}  // namespace vestnik::storage::sqlite
