#include "shard/presence/contact.h"

#include <utility>

#include "shard/presence/roster_push.h"
#include "shard/shard.h"

namespace vestnik {
namespace {

void keep_item(Account& account, const std::string& jid, const std::optional<storage::RosterItem>& item) {
  RosterItems& roster = account.roster();
  if (const auto known = roster.find(jid); known != roster.end()) roster.erase(known);
  if (item) roster.insert(*item);
}

void keep_request(Account& account, const std::string& jid, const std::optional<std::string>& request) {
  if (request) {
    account.pending_in().insert_or_assign(jid, *request);
  } else {
    account.pending_in().erase(jid);
  }
}

// A change on its way to the disk.
struct Change {
  std::string owner;
  std::string jid;
  Contact before;
  Contact after;
  bool of_item;
  bool of_request;
  std::uint64_t version;  ///< of the roster, if the item changes

  Change(Account& account, std::string_view contact, Contact next)
      : owner(account.jid().full()),
        jid(contact),
        before(find_contact(account, contact)),
        after(std::move(next)),
        of_item(before.item != after.item),
        of_request(before.request != after.request),
        version(account.roster_version() + 1) {
    if (of_item && after.item) after.item->version = version;
  }

  std::size_t bytes() const {
    std::size_t sum = sizeof(Change) + jid.size();
    if (after.item) sum += after.item->name.size() + after.item->groups.size() * 64;
    if (after.request) sum += after.request->size();
    return sum;
  }

  void make(Account& account) const {
    if (of_item) account.set_roster_version(version);
    if (of_item) keep_item(account, jid, after.item);
    if (of_request) keep_request(account, jid, after.request);
  }

  void write(storage::Stores& stores) const {
    if (of_item && after.item) stores.rosters().put_item(owner, *after.item);
    if (of_item && !after.item) stores.rosters().remove_item(owner, jid, version);
    if (of_request && after.request) stores.rosters().put_pending(owner, {jid, *after.request});
    if (of_request && !after.request) stores.rosters().remove_pending(owner, jid);
  }

  // What has been changed again since then stays as it is: that change was written as a whole. The version is
  // spent.
  void take_back(Account& account) const {
    const Contact now = find_contact(account, jid);
    if (of_item && now.item == after.item) keep_item(account, jid, before.item);
    if (of_request && now.request == after.request) keep_request(account, jid, before.request);
  }
};

}  // namespace

Contact find_contact(Account& account, std::string_view jid) {
  Contact contact;
  const auto item = account.roster().find(jid);
  if (item != account.roster().end()) contact.item = *item;
  const auto request = account.pending_in().find(jid);
  if (request != account.pending_in().end()) contact.request = request->second;
  return contact;
}

SubscriptionState state_of(const storage::RosterItem& item) {
  using enum storage::Subscription;
  return {.to = item.subscription == to || item.subscription == both,
          .from = item.subscription == from || item.subscription == both,
          .pending_out = item.ask,
          .approved = item.approved};
}

SubscriptionState state_of(const Contact& contact) {
  SubscriptionState state = contact.item ? state_of(*contact.item) : SubscriptionState{};
  state.pending_in = contact.request.has_value();
  return state;
}

Contact with_state(Contact contact, std::string_view jid, const SubscriptionState& state,
                   std::string_view request) {
  using enum storage::Subscription;
  const bool listed = state.to || state.from || state.pending_out || state.approved;
  if (listed && !contact.item) contact.item.emplace().contact = jid;
  if (contact.item) {
    contact.item->subscription = state.to ? (state.from ? both : to) : (state.from ? from : none);
    contact.item->ask = state.pending_out;
    contact.item->approved = state.approved;
  }
  if (!state.pending_in) {
    contact.request.reset();
  } else if (!contact.request) {
    contact.request = request;
  }
  return contact;
}

void change_contact(Account& account, std::string_view jid, Contact next, ContactCommitted committed) {
  Shard& shard = account.shard();
  const auto change = std::make_shared<const Change>(account, jid, std::move(next));
  change->make(account);
  shard.write(
      account, change->bytes(), [change](storage::Stores& stores) { change->write(stores); },
      [change, &shard, committed = std::move(committed)](Result<void, storage::Error> result) mutable {
        Account* owner = shard.accounts().loaded(change->owner);
        const bool failed = !result.has_value();
        if (failed && owner != nullptr) change->take_back(*owner);
        committed(owner, std::move(result));
        if (failed || !change->of_item) return;
        const Jid bare(JidView::of_canonical(change->owner));
        shard.with_account(bare, [change](Account* account) {  // at once, unless it has been unloaded
          const auto& item = change->after.item;
          const roster::Line line{.jid = change->jid, .item = item ? &*item : nullptr};
          if (account != nullptr) roster::push(*account, line, change->version);
        });
      });
}

}  // namespace vestnik
