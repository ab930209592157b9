#pragma once
#include <memory>

#include "core/storage/stores.h"

namespace vestnik::storage {

/// The stores that a back-end has made over one connection, held together.
struct StoreSet final : Stores {
  std::unique_ptr<AccountStore> account_store;
  std::unique_ptr<RosterStore> roster_store;
  std::unique_ptr<OfflineStore> offline_store;
  std::unique_ptr<PrivateStore> private_store;
  std::unique_ptr<VcardStore> vcard_store;
  std::unique_ptr<BlockStore> block_store;
  std::unique_ptr<ArchiveStore> archive_store;
  std::unique_ptr<PubsubStore> pubsub_store;
  std::unique_ptr<SpoolStore> spool_store;
  std::unique_ptr<RoomStore> room_store;
  std::unique_ptr<MetaStore> meta_store;

  AccountStore& accounts() override { return *account_store; }
  RosterStore& rosters() override { return *roster_store; }
  OfflineStore& offline() override { return *offline_store; }
  PrivateStore& private_xml() override { return *private_store; }
  VcardStore& vcards() override { return *vcard_store; }
  BlockStore& blocks() override { return *block_store; }
  ArchiveStore& archive() override { return *archive_store; }
  PubsubStore& pubsub() override { return *pubsub_store; }
  SpoolStore& spool() override { return *spool_store; }
  RoomStore& rooms() override { return *room_store; }
  MetaStore& meta() override { return *meta_store; }
};

}  // namespace vestnik::storage
