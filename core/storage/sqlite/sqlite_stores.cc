#include "core/storage/sqlite/sqlite_stores.h"

#include <fmt/format.h>

#include "core/storage/sqlite/database.h"

namespace vestnik::storage::sqlite {
namespace {

class SqliteStores final : public Stores {
 public:
  explicit SqliteStores(Database& database)
      : accounts_(make_account_store(database)),
        rosters_(make_roster_store(database)),
        offline_(make_offline_store(database)),
        private_xml_(make_private_store(database)),
        vcards_(make_vcard_store(database)),
        blocks_(make_block_store(database)),
        archive_(make_archive_store(database)),
        spool_(make_spool_store(database)),
        meta_(make_meta_store(database)) {}

  AccountStore& accounts() override { return *accounts_; }
  RosterStore& rosters() override { return *rosters_; }
  OfflineStore& offline() override { return *offline_; }
  PrivateStore& private_xml() override { return *private_xml_; }
  VcardStore& vcards() override { return *vcards_; }
  BlockStore& blocks() override { return *blocks_; }
  ArchiveStore& archive() override { return *archive_; }
  SpoolStore& spool() override { return *spool_; }
  MetaStore& meta() override { return *meta_; }

 private:
  std::unique_ptr<AccountStore> accounts_;
  std::unique_ptr<RosterStore> rosters_;
  std::unique_ptr<OfflineStore> offline_;
  std::unique_ptr<PrivateStore> private_xml_;
  std::unique_ptr<VcardStore> vcards_;
  std::unique_ptr<BlockStore> blocks_;
  std::unique_ptr<ArchiveStore> archive_;
  std::unique_ptr<SpoolStore> spool_;
  std::unique_ptr<MetaStore> meta_;
};

}  // namespace

std::unique_ptr<Stores> make_stores(Database& database) { return std::make_unique<SqliteStores>(database); }

AccountIds::AccountIds(Database& database) : find_(database, "SELECT id FROM account WHERE jid = ?1") {}

std::optional<std::int64_t> AccountIds::find(std::string_view jid) {
  Cursor row = find_.query(jid);
  if (!row.next()) return std::nullopt;
  return row.integer(0);
}

std::int64_t AccountIds::require(std::string_view jid) {
  if (const auto id = find(jid)) return *id;
  throw Failure({ErrorKind::constraint, fmt::format("no account {}", jid)});
}

}  // namespace vestnik::storage::sqlite
