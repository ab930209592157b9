#pragma once
#include <cstdint>
#include <string_view>

#include "core/storage/roster_store.h"
#include "proto/xep/roster.h"
#include "shard/presence/shared_groups.h"
#include "shard/session/account.h"

/// What clients are shown of a roster: the account's own items with what shared groups add to them. Functions
/// of the owner shard's thread.
namespace vestnik::roster {

/// One line of a roster.
struct Line {
  std::string_view jid;             ///< bare
  const storage::RosterItem* item;  ///< the account's own; null: none
};

/// Writes the line as an item: a shared contact is subscribed both ways, is in the groups of both sides, and
/// has the name that the account gave it.
void write_line(xml::Writer& writer, const Line& line, const SharedContacts& shared);

/// The version that clients are told for a state of the account's own items.
Version version_of(Account& account, std::uint64_t number);

/// Tells every session that has asked for the roster what became of a line (RFC 6121 §2.1.6); `number` is the
/// version of the change.
void push(Account& account, const Line& line, std::uint64_t number);
/// The same for one session, with a version of the caller's choice.
void push(Session& session, const Line& line, const Version& version);

}  // namespace vestnik::roster
