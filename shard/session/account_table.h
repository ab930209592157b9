#pragma once
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/runtime/timer_wheel.h"
#include "core/storage/account_snapshot.h"
#include "proto/base/result.h"
#include "proto/base/string_hash.h"
#include "shard/message.h"
#include "shard/session/account.h"

namespace vestnik {

class Shard;

/// The accounts of one shard: loaded on demand, kept while they have sessions and in an LRU afterwards. Names
/// known not to exist are remembered for a minute. What is addressed to an account that is loading waits in
/// its one FIFO (RULES 1).
class AccountTable {
 public:
  explicit AccountTable(Shard& shard);
  ~AccountTable();
  AccountTable(const AccountTable&) = delete;
  AccountTable& operator=(const AccountTable&) = delete;

  /// The account if it is loaded, else null. Says nothing about existence.
  Account* loaded(std::string_view bare);

  /// Calls `function` with the account, or with null if there is none: at once if that is known, else when it
  /// is loaded, in the order of the calls. `failed` is true if storage could not say.
  using Waiter = std::function<void(Account*, bool failed)>;
  void with(const Jid& bare, std::size_t bytes, Waiter waiter);

  /// An account that is not stored and lives as long as it has a session: SASL ANONYMOUS.
  void add_transient(const Jid& bare);

  /// The account's last session has ended: it may be unloaded when memory is wanted.
  void retire(Account& account);
  /// Created or removed by an administrator or by registration: what is known of the name is forgotten.
  /// Sessions of a removed account must have ended.
  void forget(std::string_view bare);

  std::size_t parked_bytes() const { return parked_bytes_; }
  std::size_t size() const { return entries_.size(); }
  /// Calls `function` for each loaded account. It must not load or end accounts.
  void for_each(const std::function<void(Account&)>& function);
  /// The same for a part of them, so that a walk over very many need not hold the thread: `cursor` is 0 at
  /// first and afterwards what the last call returned, which is 0 when all were seen. An account may be
  /// missed or seen twice if the table grew in between.
  std::size_t for_some(std::size_t cursor, const std::function<void(Account&)>& function);

 private:
  struct Parked {
    Waiter waiter;
    std::size_t bytes;
    std::chrono::steady_clock::time_point since;
  };
  struct Entry {
    enum class State : std::uint8_t { loading, present, missing } state = State::loading;
    std::unique_ptr<Account> account;
    std::vector<Parked> parked;
    std::chrono::steady_clock::time_point known_at{};  ///< for missing names
    std::list<std::string>::iterator idle_at{};        ///< place in idle_ if `idle`
    bool idle = false;
    bool transient = false;
    std::uint64_t generation = 0;  ///< so that a late answer of the store meets its own request only
  };

  using Entries = std::unordered_map<std::string, Entry, StringHash, std::equal_to<>>;

  void load(const std::string& bare, Entry& entry);
  void finish_load(const std::string& bare, std::uint64_t generation,
                   Result<std::optional<storage::AccountSnapshot>, storage::Error> loaded);
  void give_up_late();
  void unlink_idle(Entry& entry);
  void evict();
  void unload(Entries::iterator entry);

  Shard& shard_;
  Entries entries_;
  std::list<std::string> idle_;  ///< accounts without sessions and missing names, least recently used first
  std::size_t parked_bytes_ = 0;
  std::uint64_t generations_ = 0;
  storage::WriteSeq evicted_write_ = storage::kNoWrite;  ///< newest of accounts that are no longer loaded
  Timer deadline_;                                       ///< armed while something is parked
};

}  // namespace vestnik
