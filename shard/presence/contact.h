#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/storage/roster_store.h"
#include "proto/base/result.h"
#include "proto/xep/subscription_state.h"
#include "shard/session/account.h"

namespace vestnik {

/// What an account keeps of one contact. What shared groups say of it is not part of this.
struct Contact {
  std::optional<storage::RosterItem> item = {};  ///< none: not in the roster
  std::optional<std::string> request = {};       ///< its unanswered request to subscribe, serialised

  friend bool operator==(const Contact&, const Contact&) = default;
};

/// What `account` keeps of the contact `jid` (bare) now, commits that are under way included.
Contact find_contact(Account& account, std::string_view jid);

SubscriptionState state_of(const storage::RosterItem& item);
SubscriptionState state_of(const Contact& contact);

/// The contact in another state. An item is added if the state takes one and never dropped; `request` is the
/// contact's, in case the state has one that is not kept yet.
Contact with_state(Contact contact, std::string_view jid, const SubscriptionState& state,
                   std::string_view request = {});

/// Told after the commit, or when it failed and the change was taken back. `account` is null if it is no
/// longer loaded: then there is no session to tell.
using ContactCommitted = std::move_only_function<void(Account* account, Result<void, storage::Error> result)>;

/// Makes the contact `jid` be `next`: in memory at once and in the store. After the commit `committed` is
/// called, and then a changed item is pushed to the clients that have the roster (RFC 6121 §2.1.6, RULES 3).
/// An item counts as changed if it is not the one that find_contact() gave, its version included; it gets the
/// roster's next version.
void change_contact(Account& account, std::string_view jid, Contact next, ContactCommitted committed);

}  // namespace vestnik
