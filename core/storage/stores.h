#pragma once
#include "core/storage/account_store.h"
#include "core/storage/archive_store.h"
#include "core/storage/block_store.h"
#include "core/storage/meta_store.h"
#include "core/storage/offline_store.h"
#include "core/storage/private_store.h"
#include "core/storage/pubsub_store.h"
#include "core/storage/room_store.h"
#include "core/storage/roster_store.h"
#include "core/storage/spool_store.h"
#include "core/storage/vcard_store.h"

namespace vestnik::storage {

/// All stores over one database connection, as a job gets them (Storage::read, Storage::write): what the job
/// does with them is one transaction. Used on the storage thread that runs the job, and not kept after it.
class Stores {
 public:
  virtual ~Stores() = default;

  virtual AccountStore& accounts() = 0;
  virtual RosterStore& rosters() = 0;
  virtual OfflineStore& offline() = 0;
  virtual PrivateStore& private_xml() = 0;
  virtual VcardStore& vcards() = 0;
  virtual BlockStore& blocks() = 0;
  virtual ArchiveStore& archive() = 0;
  virtual PubsubStore& pubsub() = 0;
  virtual SpoolStore& spool() = 0;
  virtual RoomStore& rooms() = 0;
  virtual MetaStore& meta() = 0;
};

}  // namespace vestnik::storage
