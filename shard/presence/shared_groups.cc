#include "shard/presence/shared_groups.h"

#include <algorithm>
#include <utility>

#include "proto/base/siphash.h"
#include "shard/presence/presence.h"
#include "shard/presence/roster_push.h"
#include "shard/shard.h"

namespace vestnik {
namespace {

std::shared_ptr<const SharedMembers> make_members(const std::string& group, std::vector<std::string> jids) {
  std::ranges::sort(jids);
  std::string text = group;
  for (const auto& jid : jids) text.append(1, '\0').append(jid);
  // A fingerprint that clients keep must not depend on the process: hence no secret key.
  const std::uint64_t fingerprint = siphash24(SipKey{}, text);
  return std::make_shared<const SharedMembers>(group, std::move(jids), fingerprint);
}

}  // namespace

std::vector<std::string_view> SharedContacts::jids() const {
  std::vector<std::string_view> all;
  for (const auto& group : groups_) all.insert(all.end(), group->jids.begin(), group->jids.end());
  std::ranges::sort(all);
  const auto repeated = std::ranges::unique(all);
  all.erase(repeated.begin(), repeated.end());
  std::erase(all, owner_);
  return all;
}

std::vector<std::string_view> SharedContacts::groups_of(std::string_view jid) const {
  std::vector<std::string_view> names;
  if (jid == owner_) return names;
  for (const auto& group : groups_) {
    if (std::ranges::binary_search(group->jids, jid)) names.push_back(group->group);
  }
  return names;
}

std::uint64_t SharedContacts::fingerprint() const {
  std::uint64_t sum = 0;
  for (const auto& group : groups_) sum = sum * 31 + group->fingerprint;
  return groups_.empty() ? 0 : sum | 1U;
}

bool SharedGroups::has(const Group& group, JidView jid) {
  if (group.everyone) return jid.has_local() && jid.domain() == group.host;
  return std::ranges::binary_search(group.members->jids, jid.bare());
}

bool SharedGroups::contains(const Account& account, JidView contact) const {
  if (groups_.empty() || contact.bare() == account.jid().full()) return false;
  return std::ranges::any_of(
      groups_, [&](const Group& group) { return has(group, account.jid()) && has(group, contact); });
}

SharedContacts SharedGroups::of(const Account& account) const {
  if (groups_.empty() && announced_.empty()) return {};
  const auto known = announced_.find(account.jid().full());
  return known != announced_.end() ? known->second : compute(account);
}

SharedContacts SharedGroups::compute(const Account& account) const {
  std::vector<std::shared_ptr<const SharedMembers>> mine;
  for (const auto& group : groups_) {
    if (has(group, account.jid())) mine.push_back(group.members);
  }
  return {account.jid().full(), std::move(mine)};
}

// Another server knows nothing of our groups: only who lives here can be a member.
std::vector<std::string> SharedGroups::local_members(const SharedGroup& group) const {
  std::vector<std::string> jids;
  for (const auto& member : group.members) {
    if (shard_.is_local(member.domain())) jids.push_back(member.full());
  }
  return jids;
}

void SharedGroups::configure() {
  // Where there were no groups, nothing was written down of what clients know.
  shard_.accounts().for_each([this](Account& account) {
    if (!account.sessions().empty()) announced_.try_emplace(account.jid().full(), compute(account));
  });
  groups_.clear();
  for (const auto& host : shard_.config().hosts) {
    for (const auto& group : host.groups) {
      auto jids = group.everyone ? everyone_[host.name].jids : local_members(group);
      groups_.push_back({host.name, group.everyone, make_members(group.name, std::move(jids))});
    }
  }
  std::erase_if(everyone_, [&](const auto& entry) {
    return std::ranges::none_of(
        groups_, [&](const Group& group) { return group.everyone && group.host == entry.first; });
  });
  announce_all();
}

void SharedGroups::announce_all() {
  for (auto& [owner, announced] : announced_) {
    Account* account = shard_.accounts().loaded(owner);
    if (account == nullptr) continue;
    const SharedContacts before = std::exchange(announced, compute(*account));
    announce(*account, before, announced);
  }
}

void SharedGroups::with_current(const Account& account, std::move_only_function<void()> ready) {
  const auto found = everyone_.find(account.jid().domain());
  if (found == everyone_.end()) return ready();
  Everyone& everyone = found->second;
  if (everyone.accounts_version == shard_.services().accounts_version.load(std::memory_order_relaxed))
    return ready();
  everyone.waiting.push_back(std::move(ready));
  if (!everyone.loading) load(found->first, everyone);
}

void SharedGroups::session_bound(const Session& session) {
  if (groups_.empty()) return;
  announced_.try_emplace(session.account().jid().full(), compute(session.account()));
  with_current(session.account(), [] {});
}

void SharedGroups::session_ended(const Session& session) {
  const auto& sessions = session.account().sessions();
  const bool last = std::ranges::all_of(sessions, [&](const auto& one) { return one.get() == &session; });
  if (last) announced_.erase(session.account().jid().full());
}

void SharedGroups::load(const std::string& host, Everyone& everyone) {
  everyone.loading = true;
  const std::size_t limit = shard_.config().limits.roster_items;
  // Read before the accounts are: what changes meanwhile is seen the next time.
  const std::uint64_t version = shard_.services().accounts_version.load(std::memory_order_relaxed);
  shard_.read_after(
      storage::kNoWrite,
      [host, limit](storage::Stores& stores) { return stores.accounts().list(host, {}, limit); },
      [this, host, version](Result<std::vector<storage::AccountSummary>, storage::Error> accounts) {
        if (!accounts) {
          shard_.log().error("shared_groups.list_failed", {{"host", host}, {"error", accounts.error().text}});
          return finish_load(host, 0, std::nullopt);
        }
        std::vector<std::string> jids;
        for (auto& account : *accounts) jids.push_back(std::move(account.jid));
        finish_load(host, version, std::move(jids));
      });
}

void SharedGroups::finish_load(const std::string& host, std::uint64_t accounts_version,
                               std::optional<std::vector<std::string>> jids) {
  const auto found = everyone_.find(host);
  if (found == everyone_.end()) return;  // a reload has taken the group away
  Everyone& everyone = found->second;
  everyone.loading = false;
  everyone.accounts_version = accounts_version;
  auto waiting = std::exchange(everyone.waiting, {});
  if (jids && *jids != everyone.jids) {
    everyone.jids = *std::move(jids);
    for (auto& group : groups_) {
      if (group.everyone && group.host == host)
        group.members = make_members(group.members->group, everyone.jids);
    }
    announce_all();
  }
  for (auto& ready : waiting) ready();
}

// Until the last push the client has a mixture of both states: those before carry a version that is out of
// date.
void SharedGroups::announce(Account& account, const SharedContacts& before, const SharedContacts& after) {
  if (before.fingerprint() == after.fingerprint()) return;
  const auto old_jids = before.jids();
  const auto new_jids = after.jids();
  std::vector<std::string_view> changed;
  std::ranges::set_union(old_jids, new_jids, std::back_inserter(changed));
  std::erase_if(changed, [&](std::string_view jid) { return before.groups_of(jid) == after.groups_of(jid); });

  const std::uint64_t number = account.roster_version();
  for (const auto jid : changed) {
    const JidView contact = JidView::of_canonical(jid);
    const auto item = account.roster().find(jid);
    const roster::Line line{.jid = jid, .item = item == account.roster().end() ? nullptr : &*item};
    const roster::Version version{number, jid == changed.back() ? after.fingerprint() : before.fingerprint()};
    for (const auto& session : account.sessions()) {
      if (session->wants_roster()) roster::push(*session, line, version);
    }
    if (before.groups_of(jid).empty()) presence::meet(account, contact);
    if (!presence::may_see(account, contact)) presence::hide_from(account, contact);
  }
}

}  // namespace vestnik
