// Private XML and vCards: elements kept whole.
#include "core/storage/postgresql/postgresql_stores.h"

namespace vestnik::storage::postgresql {
namespace {

class PostgresqlPrivateStore final : public PrivateStore {
 public:
  explicit PostgresqlPrivateStore(Connection& connection)
      : get_(connection,
             "SELECT xml FROM private_xml WHERE owner = (SELECT id FROM account WHERE jid = $1) "
             "AND ns = $2 AND name = $3"),
        put_(connection,
             "INSERT INTO private_xml (owner, ns, name, bytes, xml) "
             "VALUES ((SELECT id FROM account WHERE jid = $1), $2, $3, $4, $5) "
             "ON CONFLICT (owner, ns, name) DO UPDATE SET bytes = excluded.bytes, xml = excluded.xml"),
        list_(connection,
              "SELECT ns, name FROM private_xml WHERE owner = (SELECT id FROM account WHERE jid = $1) "
              "ORDER BY ns, name"),
        bytes_(connection,
               "SELECT coalesce(sum(bytes), 0)::bigint FROM private_xml "
               "WHERE owner = (SELECT id FROM account WHERE jid = $1)") {}

  std::optional<std::string> get(std::string_view owner, const PrivateKey& key) override {
    Rows row = get_.query(owner, key.ns, key.name);
    if (!row.next()) return std::nullopt;
    return row.text(0);
  }

  void put(std::string_view owner, const PrivateKey& key, std::string_view xml) override {
    put_.run(owner, key.ns, key.name, xml.size(), xml);
  }

  std::vector<PrivateKey> list(std::string_view owner) override {
    std::vector<PrivateKey> keys;
    Rows row = list_.query(owner);
    while (row.next()) keys.push_back({.ns = row.text(0), .name = row.text(1)});
    return keys;
  }

  std::uint64_t bytes(std::string_view owner) override {
    Rows row = bytes_.query(owner);
    return row.next() ? row.count(0) : 0;
  }

 private:
  Statement get_;
  Statement put_;
  Statement list_;
  Statement bytes_;
};

class PostgresqlVcardStore final : public VcardStore {
 public:
  explicit PostgresqlVcardStore(Connection& connection)
      : get_(connection, "SELECT xml FROM vcard WHERE owner = (SELECT id FROM account WHERE jid = $1)"),
        put_(connection,
             "INSERT INTO vcard (owner, xml) VALUES ((SELECT id FROM account WHERE jid = $1), $2) "
             "ON CONFLICT (owner) DO UPDATE SET xml = excluded.xml") {}

  std::optional<std::string> get(std::string_view owner) override {
    Rows row = get_.query(owner);
    if (!row.next()) return std::nullopt;
    return row.text(0);
  }

  void put(std::string_view owner, std::string_view xml) override { put_.run(owner, xml); }

 private:
  Statement get_;
  Statement put_;
};

}  // namespace

std::unique_ptr<PrivateStore> make_private_store(Connection& connection) {
  return std::make_unique<PostgresqlPrivateStore>(connection);
}

std::unique_ptr<VcardStore> make_vcard_store(Connection& connection) {
  return std::make_unique<PostgresqlVcardStore>(connection);
}

}  // namespace vestnik::storage::postgresql
