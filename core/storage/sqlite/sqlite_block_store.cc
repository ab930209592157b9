#include "core/storage/sqlite/database.h"
#include "core/storage/sqlite/sqlite_stores.h"

namespace vestnik::storage::sqlite {
namespace {

class SqliteBlockStore final : public BlockStore {
 public:
  explicit SqliteBlockStore(Database& database)
      : ids_(database),
        load_(database, "SELECT jid FROM blocked WHERE owner = ?1 ORDER BY jid"),
        add_(database, "INSERT OR IGNORE INTO blocked (owner, jid) VALUES (?1, ?2)"),
        remove_(database, "DELETE FROM blocked WHERE owner = ?1 AND jid = ?2"),
        clear_(database, "DELETE FROM blocked WHERE owner = ?1") {}

  std::vector<std::string> load(std::string_view owner) override {
    std::vector<std::string> jids;
    const auto account = ids_.find(owner);
    if (!account) return jids;
    Cursor row = load_.query(*account);
    while (row.next()) jids.push_back(row.text(0));
    return jids;
  }

  void add(std::string_view owner, std::span<const std::string> jids) override {
    const auto account = ids_.require(owner);
    for (const std::string& jid : jids) add_.run(account, jid);
  }

  void remove(std::string_view owner, std::span<const std::string> jids) override {
    const auto account = ids_.find(owner);
    if (!account) return;
    for (const std::string& jid : jids) remove_.run(*account, jid);
  }

  void clear(std::string_view owner) override {
    if (const auto account = ids_.find(owner)) clear_.run(*account);
  }

 private:
  AccountIds ids_;
  Statement load_;
  Statement add_;
  Statement remove_;
  Statement clear_;
};

}  // namespace

std::unique_ptr<BlockStore> make_block_store(Database& database) {
  return std::make_unique<SqliteBlockStore>(database);
}

}  // namespace vestnik::storage::sqlite
