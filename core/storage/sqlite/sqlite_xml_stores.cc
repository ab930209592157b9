// Private XML and vCards: elements kept whole.
#include "core/storage/sqlite/database.h"
#include "core/storage/sqlite/sqlite_stores.h"

namespace vestnik::storage::sqlite {
namespace {

class SqlitePrivateStore final : public PrivateStore {
 public:
  explicit SqlitePrivateStore(Database& database)
      : ids_(database),
        get_(database, "SELECT xml FROM private_xml WHERE owner = ?1 AND ns = ?2 AND name = ?3"),
        put_(database,
             "INSERT OR REPLACE INTO private_xml (owner, ns, name, bytes, xml) VALUES (?1, ?2, ?3, ?4, ?5)"),
        list_(database, "SELECT ns, name FROM private_xml WHERE owner = ?1 ORDER BY ns, name"),
        bytes_(database, "SELECT coalesce(sum(bytes), 0) FROM private_xml WHERE owner = ?1") {}

  std::optional<std::string> get(std::string_view owner, const PrivateKey& key) override {
    const auto account = ids_.find(owner);
    if (!account) return std::nullopt;
    Cursor row = get_.query(*account, key.ns, key.name);
    if (!row.next()) return std::nullopt;
    return row.text(0);
  }

  void put(std::string_view owner, const PrivateKey& key, std::string_view xml) override {
    put_.run(ids_.require(owner), key.ns, key.name, xml.size(), xml);
  }

  std::vector<PrivateKey> list(std::string_view owner) override {
    std::vector<PrivateKey> keys;
    const auto account = ids_.find(owner);
    if (!account) return keys;
    Cursor row = list_.query(*account);
    while (row.next()) keys.push_back({.ns = row.text(0), .name = row.text(1)});
    return keys;
  }

  std::uint64_t bytes(std::string_view owner) override {
    const auto account = ids_.find(owner);
    if (!account) return 0;
    Cursor row = bytes_.query(*account);
    return row.next() ? row.count(0) : 0;
  }

 private:
  AccountIds ids_;
  Statement get_;
  Statement put_;
  Statement list_;
  Statement bytes_;
};

class SqliteVcardStore final : public VcardStore {
 public:
  explicit SqliteVcardStore(Database& database)
      : ids_(database),
        get_(database, "SELECT xml FROM vcard WHERE owner = ?1"),
        put_(database, "INSERT OR REPLACE INTO vcard (owner, xml) VALUES (?1, ?2)") {}

  std::optional<std::string> get(std::string_view owner) override {
    const auto account = ids_.find(owner);
    if (!account) return std::nullopt;
    Cursor row = get_.query(*account);
    if (!row.next()) return std::nullopt;
    return row.text(0);
  }

  void put(std::string_view owner, std::string_view xml) override { put_.run(ids_.require(owner), xml); }

 private:
  AccountIds ids_;
  Statement get_;
  Statement put_;
};

}  // namespace

std::unique_ptr<PrivateStore> make_private_store(Database& database) {
  return std::make_unique<SqlitePrivateStore>(database);
}

std::unique_ptr<VcardStore> make_vcard_store(Database& database) {
  return std::make_unique<SqliteVcardStore>(database);
}

}  // namespace vestnik::storage::sqlite
