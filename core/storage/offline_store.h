#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/storage/archive_store.h"
#include "core/storage/unix_millis.h"

namespace vestnik::storage {

/// Identifies a message within its owner's queue. Greater than all earlier ones of that owner and never given
/// out twice, so that a late removal cannot meet a newer message.
using OfflineId = std::int64_t;

/// A message that waits for its addressee.
struct OfflineMessage {
  OfflineId id = 0;
  UnixMillis received_at;
  ArchiveId archived = kNoArchiveId;  ///< its id in the owner's archive, if that has it
  std::string stanza;                 ///< in `jabber:client` form; empty if the archive has dropped it since

  friend bool operator==(const OfflineMessage&, const OfflineMessage&) = default;
};

/// How much waits for one account.
struct OfflineUsage {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;  ///< of their stanzas

  friend bool operator==(const OfflineUsage&, const OfflineUsage&) = default;
};

/// Messages kept for accounts without a session (XEP-0160); conventions as in AccountStore.
class OfflineStore {
 public:
  virtual ~OfflineStore() = default;

  virtual OfflineId append(std::string_view owner, UnixMillis received_at, std::string_view stanza) = 0;
  /// For a message of `bytes` that the owner's archive has as `archived`: the stanza is not stored again.
  virtual void append_archived(std::string_view owner, ArchiveId archived, std::size_t bytes) = 0;

  /// Up to `limit` messages in the order they came, those after the id `after` (0: from the first).
  virtual std::vector<OfflineMessage> list(std::string_view owner, OfflineId after, std::size_t limit) = 0;
  /// What the owner's queue holds; takes the same short time however much that is.
  virtual OfflineUsage usage(std::string_view owner) = 0;

  /// Ids that do not exist (any more) are passed over.
  virtual void remove(std::string_view owner, std::span<const OfflineId> ids) = 0;
  virtual void remove_up_to(std::string_view owner, OfflineId last) = 0;
  virtual void remove_all(std::string_view owner) = 0;

  /// Deletes up to `limit` of the messages of all owners that came before `before`, oldest first, and tells
  /// how many those were. To be repeated until fewer than `limit` are left: small steps let other writes
  /// pass.
  virtual std::uint64_t remove_expired(UnixMillis before, std::size_t limit) = 0;
};

}  // namespace vestnik::storage
