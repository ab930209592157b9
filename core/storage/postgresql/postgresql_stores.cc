#include "core/storage/postgresql/postgresql_stores.h"

namespace vestnik::storage::postgresql {
namespace {

class PostgresqlStores final : public Stores {
 public:
  explicit PostgresqlStores(Connection& connection)
      : accounts_(make_account_store(connection)),
        rosters_(make_roster_store(connection)),
        offline_(make_offline_store(connection)),
        private_xml_(make_private_store(connection)),
        vcards_(make_vcard_store(connection)),
        blocks_(make_block_store(connection)),
        archive_(make_archive_store(connection)),
        spool_(make_spool_store(connection)),
        meta_(make_meta_store(connection)) {}

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

std::unique_ptr<Stores> make_stores(Connection& connection) {
  return std::make_unique<PostgresqlStores>(connection);
}

}  // namespace vestnik::storage::postgresql
