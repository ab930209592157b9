#pragma once
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/config.h"
#include "core/storage/account_snapshot.h"
#include "core/storage/storage.h"
#include "proto/jid/jid.h"
#include "shard/receipts/receipt.h"
#include "shard/session/roster_items.h"
#include "shard/session/session.h"

namespace vestnik {

class Shard;
namespace pubsub {
struct AccountNodes;
}

/// A stanza that waits, and what waits for it.
struct HeldStanza {
  Stanza stanza;
  Receipt receipt;
};

/// Stanzas in the order they came.
struct HeldStanzas {
  std::deque<HeldStanza> stanzas;
  std::size_t bytes = 0;
};

/// A local account, loaded: its roster, block list and credentials in memory, and its sessions. Lives on its
/// owner shard and is touched by that thread only. State changes here at once and is written to the store by
/// Shard::write(); what others see as state (pushes, results) waits for the commit (RULES 3).
class Account {
 public:
  Account(Shard& shard, Jid bare, storage::AccountSnapshot snapshot);
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;
  ~Account();

  Shard& shard() { return shard_; }
  const Jid& jid() const { return jid_; }  ///< bare

  std::span<const std::unique_ptr<Session>> sessions() const { return sessions_; }
  /// The session bound to `resource`, or null.
  Session* session(std::string_view resource) const;
  bool has_available_session() const;

  const storage::AccountRecord& record() const { return record_; }
  storage::AccountRecord& record() { return record_; }

  /// The stored roster. Shared groups are not in it (presence/shared_groups.h).
  RosterItems& roster() { return roster_; }
  const RosterItems& roster() const { return roster_; }
  std::uint64_t roster_version() const { return roster_version_; }
  void set_roster_version(std::uint64_t version) { roster_version_ = version; }
  /// Unanswered subscription requests by the bare JID that asks: the serialised stanza.
  std::map<std::string, std::string, std::less<>>& pending_in() { return pending_in_; }

  /// XEP-0191, canonical addresses.
  std::set<std::string, std::less<>>& blocked() { return blocked_; }
  const std::set<std::string, std::less<>>& blocked() const { return blocked_; }

  /// What peers have sent behind something of theirs that is being committed, by bare JID
  /// (routing/peer_order.h).
  std::map<std::string, HeldStanzas, std::less<>>& held() { return held_; }
  const std::map<std::string, HeldStanzas, std::less<>>& held() const { return held_; }

  /// Managed streams that have ended, and how much of them was handled (XEP-0198 §5); the last few.
  void remember_stream(std::string id, std::uint32_t handled);
  std::optional<std::uint32_t> handled_of_ended(std::string_view stream_id) const;

  /// What the offline queue holds, messages on their way to the disk included.
  storage::OfflineUsage& offline() { return offline_; }
  /// Of that queue, what sessions have in hand and whose fate is open; how many such rows are being written.
  std::set<storage::OfflineId>& held_rows() { return held_rows_; }
  std::size_t& rows_under_way() { return rows_under_way_; }

  /// What publish-subscribe keeps of it; made when first asked for.
  pubsub::AccountNodes& nodes();
  /// The same if it has been asked for, else null.
  const pubsub::AccountNodes* known_nodes() const { return nodes_.get(); }

  /// What archiving needs to know, or null if the account has no archive because it is not stored.
  storage::ArchiveHead* archive() { return archive_ ? &*archive_ : nullptr; }

  /// The newest write of this account, for reads that must see it.
  storage::WriteSeq last_write() const { return last_write_; }
  void set_last_write(storage::WriteSeq seq) { last_write_ = seq; }

  /// Session bookkeeping, for Shard only.
  Session& add_session(std::unique_ptr<Session> session);
  std::unique_ptr<Session> remove_session(const Session& session);

 private:
  Shard& shard_;
  Jid jid_;
  storage::AccountRecord record_;
  RosterItems roster_;
  std::uint64_t roster_version_;
  std::map<std::string, std::string, std::less<>> pending_in_;
  std::set<std::string, std::less<>> blocked_;
  std::map<std::string, HeldStanzas, std::less<>> held_;
  std::vector<std::pair<std::string, std::uint32_t>> ended_streams_;
  storage::OfflineUsage offline_;
  std::set<storage::OfflineId> held_rows_;
  std::size_t rows_under_way_ = 0;
  std::unique_ptr<pubsub::AccountNodes> nodes_;
  std::optional<storage::ArchiveHead> archive_;
  storage::WriteSeq last_write_ = storage::kNoWrite;
  std::vector<std::unique_ptr<Session>> sessions_;
};

}  // namespace vestnik
