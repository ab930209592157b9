#pragma once
#include <memory>
#include <string_view>

#include "core/storage/postgresql/statement.h"
#include "core/storage/stores.h"

namespace vestnik::storage::postgresql {

/// All stores over one connection, which must outlive them. They differ from SQLite's in one respect: a
/// statement costs a round trip, so accounts are looked up by the statements themselves (an owner that does
/// not exist is a NULL, which the tables refuse), and what gives nothing back is sent without waiting.
std::unique_ptr<Stores> make_stores(Connection& connection);

std::unique_ptr<AccountStore> make_account_store(Connection& connection);
std::unique_ptr<RosterStore> make_roster_store(Connection& connection);
std::unique_ptr<OfflineStore> make_offline_store(Connection& connection);
std::unique_ptr<PrivateStore> make_private_store(Connection& connection);
std::unique_ptr<VcardStore> make_vcard_store(Connection& connection);
std::unique_ptr<BlockStore> make_block_store(Connection& connection);
std::unique_ptr<ArchiveStore> make_archive_store(Connection& connection);
std::unique_ptr<PubsubStore> make_pubsub_store(Connection& connection);
std::unique_ptr<SpoolStore> make_spool_store(Connection& connection);
std::unique_ptr<RoomStore> make_room_store(Connection& connection);
std::unique_ptr<MetaStore> make_meta_store(Connection& connection);

}  // namespace vestnik::storage::postgresql
