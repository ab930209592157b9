#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/storage/sqlite/statement.h"
#include "core/storage/stores.h"

namespace vestnik::storage::sqlite {

/// All stores over one connection, which must outlive them; it may be moved, its sqlite3 handle stays.
std::unique_ptr<Stores> make_stores(Database& database);

std::unique_ptr<AccountStore> make_account_store(Database& database);
std::unique_ptr<RosterStore> make_roster_store(Database& database);
std::unique_ptr<OfflineStore> make_offline_store(Database& database);
std::unique_ptr<PrivateStore> make_private_store(Database& database);
std::unique_ptr<VcardStore> make_vcard_store(Database& database);
std::unique_ptr<BlockStore> make_block_store(Database& database);
std::unique_ptr<ArchiveStore> make_archive_store(Database& database);
std::unique_ptr<PubsubStore> make_pubsub_store(Database& database);
std::unique_ptr<SpoolStore> make_spool_store(Database& database);
std::unique_ptr<RoomStore> make_room_store(Database& database);
std::unique_ptr<MetaStore> make_meta_store(Database& database);

/// From an owner's address to the number that the tables know it by.
class AccountIds {
 public:
  explicit AccountIds(Database& database);

  std::optional<std::int64_t> find(std::string_view jid);
  /// Throws Failure (constraint) if there is no such account.
  std::int64_t require(std::string_view jid);

 private:
  Statement find_;
};

}  // namespace vestnik::storage::sqlite
