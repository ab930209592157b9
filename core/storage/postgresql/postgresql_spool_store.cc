#include "core/storage/postgresql/postgresql_stores.h"

namespace vestnik::storage::postgresql {
namespace {

class PostgresqlSpoolStore final : public SpoolStore {
 public:
  explicit PostgresqlSpoolStore(Connection& connection)
      : put_(connection,
             "INSERT INTO s2s_spool (id, stanza) VALUES ($1, $2) "
             "ON CONFLICT (id) DO UPDATE SET stanza = excluded.stanza"),
        list_(connection, "SELECT id, stanza FROM s2s_spool WHERE id > $1 ORDER BY id LIMIT $2"),
        remove_(connection, "DELETE FROM s2s_spool WHERE id = $1") {}

  void put(std::span<const SpooledStanza> stanzas) override {
    for (const SpooledStanza& one : stanzas) put_.run(one.id, one.stanza);
  }

  std::vector<SpooledStanza> list(SpoolId after, std::size_t limit) override {
    std::vector<SpooledStanza> stanzas;
    Rows row = list_.query(after, limit);
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

std::unique_ptr<SpoolStore> make_spool_store(Connection& connection) {
  return std::make_unique<PostgresqlSpoolStore>(connection);
}

}  // namespace vestnik::storage::postgresql
