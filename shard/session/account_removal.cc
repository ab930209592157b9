#include "shard/session/account_removal.h"

#include <utility>
#include <vector>

#include "shard/presence/contact.h"
#include "shard/presence/subscription.h"
#include "shard/shard.h"

namespace vestnik {
namespace {

using States = std::vector<std::pair<Jid, SubscriptionState>>;

// Who has to learn that the account is gone, as long as its roster still says so.
States contacts_of(Account& account) {
  States contacts;
  const auto add = [&](const std::string& jid) {
    contacts.emplace_back(Jid(JidView::of_canonical(jid)), state_of(find_contact(account, jid)));
  };
  for (const auto& item : account.roster()) add(item.contact);
  for (const auto& [jid, request] : account.pending_in()) {
    if (!account.roster().contains(jid)) add(jid);
  }
  return contacts;
}

}  // namespace

void remove_account(Account& account, std::move_only_function<void(Result<void, storage::Error>)> removed) {
  Shard& shard = account.shard();
  shard.write(
      account, 0,
      [owner = account.jid().full()](storage::Stores& stores) { stores.accounts().remove(owner); },
      [&shard, bare = account.jid(), contacts = contacts_of(account),
       removed = std::move(removed)](Result<void, storage::Error> result) mutable {
        const bool done = result.has_value();
        removed(std::move(result));
        if (!done) return;
        shard.log().info("account.removed", {{"account", bare}});
        for (const auto& [contact, state] : contacts) subscription::cancel_both(shard, bare, contact, state);
        shard.account_changed(bare, true, [] {});
      });
}

}  // namespace vestnik
