#include "core/storage/postgresql/postgresql_stores.h"

namespace vestnik::storage::postgresql {
namespace {

class PostgresqlBlockStore final : public BlockStore {
 public:
  explicit PostgresqlBlockStore(Connection& connection)
      : load_(connection,
              "SELECT blocked.jid FROM blocked JOIN account ON account.id = owner WHERE account.jid = $1 "
              "ORDER BY blocked.jid"),
        add_(connection,
             "INSERT INTO blocked (owner, jid) VALUES ((SELECT id FROM account WHERE jid = $1), $2) "
             "ON CONFLICT DO NOTHING"),
        remove_(connection,
                "DELETE FROM blocked WHERE owner = (SELECT id FROM account WHERE jid = $1) AND jid = $2"),
        clear_(connection, "DELETE FROM blocked WHERE owner = (SELECT id FROM account WHERE jid = $1)") {}

  std::vector<std::string> load(std::string_view owner) override {
    std::vector<std::string> jids;
    Rows row = load_.query(owner);
    while (row.next()) jids.push_back(row.text(0));
    return jids;
  }

  void add(std::string_view owner, std::span<const std::string> jids) override {
    for (const std::string& jid : jids) add_.run(owner, jid);
  }

  void remove(std::string_view owner, std::span<const std::string> jids) override {
    for (const std::string& jid : jids) remove_.run(owner, jid);
  }

  void clear(std::string_view owner) override { clear_.run(owner); }

 private:
  Statement load_;
  Statement add_;
  Statement remove_;
  Statement clear_;
};

}  // namespace

std::unique_ptr<BlockStore> make_block_store(Connection& connection) {
  return std::make_unique<PostgresqlBlockStore>(connection);
}

}  // namespace vestnik::storage::postgresql
