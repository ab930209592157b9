#include "shard/session/account_table.h"

#include <algorithm>
#include <utility>

#include "shard/shard.h"

namespace vestnik {
namespace {

// How many accounts without sessions, and names known to be missing, one shard keeps.
constexpr std::size_t kIdleEntries = 10'000;
constexpr std::chrono::seconds kMissingFor{60};
// Of for_some(): about as many accounts, which takes well below a millisecond.
constexpr std::size_t kBucketsAtOnce = 1'000;

}  // namespace

AccountTable::AccountTable(Shard& shard) : shard_(shard), deadline_([this] { give_up_late(); }) {}

AccountTable::~AccountTable() = default;

Account* AccountTable::loaded(std::string_view bare) {
  const auto found = entries_.find(bare);
  return found == entries_.end() ? nullptr : found->second.account.get();
}

void AccountTable::with(const Jid& bare, std::size_t bytes, Waiter waiter) {
  const auto [at, added] = entries_.try_emplace(bare.full());
  Entry& entry = at->second;
  const bool stale =
      entry.state == Entry::State::missing && shard_.reactor().now() - entry.known_at > kMissingFor;
  if (added || stale) load(at->first, entry);
  switch (entry.state) {
    case Entry::State::present: return waiter(entry.account.get(), false);
    case Entry::State::missing: return waiter(nullptr, false);
    case Entry::State::loading: break;
  }
  parked_bytes_ += bytes;
  entry.parked.push_back({std::move(waiter), bytes, shard_.reactor().now()});
  if (!deadline_.armed()) shard_.reactor().set(deadline_, shard_.config().limits.parked_deadline);
}

void AccountTable::load(const std::string& bare, Entry& entry) {
  unlink_idle(entry);
  entry.state = Entry::State::loading;
  entry.generation = ++generations_;
  shard_.read_after(
      evicted_write_,
      [bare](storage::Stores& stores) { return storage::load_account_snapshot(stores, bare); },
      [this, bare, generation = entry.generation](auto loaded) {
        finish_load(bare, generation, std::move(loaded));
      });
}

void AccountTable::finish_load(const std::string& bare, std::uint64_t generation,
                               Result<std::optional<storage::AccountSnapshot>, storage::Error> loaded) {
  const auto found = entries_.find(bare);
  if (found == entries_.end() || found->second.generation != generation) return;
  Entry& entry = found->second;
  const bool failed = !loaded.has_value();
  if (failed) {
    shard_.log().error("account.load_failed", {{"account", bare}, {"error", loaded.error().text}});
  } else if (loaded->has_value()) {
    entry.account = std::make_unique<Account>(shard_, Jid(JidView::of_canonical(bare)), std::move(**loaded));
  }
  entry.state = entry.account ? Entry::State::present : Entry::State::missing;
  entry.known_at = shard_.reactor().now();
  entry.idle_at = idle_.insert(idle_.end(), bare);
  entry.idle = true;

  // In the order of arrival; a waiter may bind the first session, and may forget the entry.
  Account* account = entry.account.get();
  std::vector<Parked> parked = std::move(entry.parked);
  entry.parked.clear();
  if (failed) {
    idle_.erase(entry.idle_at);
    entries_.erase(found);
  }
  for (auto& waiting : parked) {
    parked_bytes_ -= waiting.bytes;
    waiting.waiter(account, failed);
  }
  evict();
}

// The store does not answer in time: whoever has waited too long is told so.
void AccountTable::give_up_late() {
  const auto patience = shard_.config().limits.parked_deadline;
  const auto now = shard_.reactor().now();
  std::vector<Waiter> late;
  bool more = false;
  for (auto& [bare, entry] : entries_) {
    const auto first_young =
        std::find_if(entry.parked.begin(), entry.parked.end(),
                     [&](const Parked& waiting) { return now - waiting.since < patience; });
    for (auto it = entry.parked.begin(); it != first_young; ++it) {
      parked_bytes_ -= it->bytes;
      late.push_back(std::move(it->waiter));
    }
    entry.parked.erase(entry.parked.begin(), first_young);
    more = more || !entry.parked.empty();
  }
  if (more) shard_.reactor().set(deadline_, patience);
  for (auto& waiter : late) waiter(nullptr, true);
}

void AccountTable::unlink_idle(Entry& entry) {
  if (!entry.idle) return;
  idle_.erase(entry.idle_at);
  entry.idle = false;
}

void AccountTable::add_transient(const Jid& bare) {
  Entry& entry = entries_[bare.full()];
  entry.state = Entry::State::present;
  entry.transient = true;
  storage::AccountSnapshot snapshot;
  snapshot.account.jid = bare.full();
  entry.account = std::make_unique<Account>(shard_, bare, std::move(snapshot));
}

void AccountTable::retire(Account& account) {
  const auto found = entries_.find(account.jid().full());
  if (found == entries_.end() || !account.sessions().empty()) return;
  if (found->second.transient) {
    entries_.erase(found);
    return;
  }
  unlink_idle(found->second);
  found->second.idle_at = idle_.insert(idle_.end(), found->first);
  found->second.idle = true;
  evict();
}

void AccountTable::forget(std::string_view bare) {
  shard_.services().accounts_version.fetch_add(1, std::memory_order_relaxed);
  const auto found = entries_.find(bare);
  if (found == entries_.end()) return;
  if (found->second.state == Entry::State::loading) return load(found->first, found->second);  // ask anew
  unlink_idle(found->second);
  unload(found);
}

// Whoever loads it again must see what it has written, committed by now or not.
void AccountTable::unload(Entries::iterator entry) {
  const Account* account = entry->second.account.get();
  if (account != nullptr) evicted_write_ = std::max(evicted_write_, account->last_write());
  entries_.erase(entry);
}

// Entries with sessions stay where they are in the list and are passed over; retire() puts them at its end
// again.
void AccountTable::evict() {
  std::size_t looked_at = 0;
  while (idle_.size() > kIdleEntries && looked_at++ < 64) {
    const auto found = entries_.find(idle_.front());
    idle_.pop_front();
    found->second.idle = false;
    const Account* account = found->second.account.get();
    if (account == nullptr || (account->sessions().empty() && account->held().empty())) unload(found);
  }
}

void AccountTable::for_each(const std::function<void(Account&)>& function) {
  for (auto& [bare, entry] : entries_) {
    if (entry.account) function(*entry.account);
  }
}

std::size_t AccountTable::for_some(std::size_t cursor, const std::function<void(Account&)>& function) {
  const std::size_t end = std::min(cursor + kBucketsAtOnce, entries_.bucket_count());
  for (; cursor < end; ++cursor) {
    for (auto at = entries_.begin(cursor); at != entries_.end(cursor); ++at) {
      if (at->second.account) function(*at->second.account);
    }
  }
  return cursor >= entries_.bucket_count() ? 0 : cursor;
}

}  // namespace vestnik
