#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "proto/jid/jid.h"
#include "shard/session/account.h"

namespace vestnik {

class Shard;

/// A shared group at one moment.
struct SharedMembers {
  std::string group;
  std::vector<std::string> jids;  ///< bare, in order
  std::uint64_t fingerprint;      ///< of all this
};

/// What shared groups add to one account's roster: the other members of its groups. A value.
class SharedContacts {
 public:
  SharedContacts() = default;
  SharedContacts(std::string owner, std::vector<std::shared_ptr<const SharedMembers>> groups)
      : owner_(std::move(owner)), groups_(std::move(groups)) {}

  /// In order, each once, without the account itself. Views of the groups.
  std::vector<std::string_view> jids() const;
  /// The groups in which a contact is met, in the order of the configuration; empty: it is not shared.
  std::vector<std::string_view> groups_of(std::string_view jid) const;
  /// Differs when anything of this differs; 0 for an account without groups.
  std::uint64_t fingerprint() const;

 private:
  std::string owner_;
  std::vector<std::shared_ptr<const SharedMembers>> groups_;
};

/// The shared groups of the configuration (`[[host.group]]`) on one shard. Their members are contacts of each
/// other with subscription `both`, which the members cannot change: they may add an item of their own to give
/// a shared contact a name and further groups, and removing that item brings the shared one back.
///
/// A group of everyone lists the accounts of its host that come first, as many as limits.roster_items; the
/// list is read again when a session is bound or asks for its roster and accounts were added or removed
/// anywhere since. Whether two addresses are contacts never depends on such a list. Clients see what changes
/// as pushes, and presence is exchanged with who comes.
class SharedGroups {
 public:
  explicit SharedGroups(Shard& shard) : shard_(shard) {}
  SharedGroups(const SharedGroups&) = delete;
  SharedGroups& operator=(const SharedGroups&) = delete;

  /// Whether a group makes them contacts.
  bool contains(const Account& account, JidView contact) const;
  /// The account's shared contacts, as its clients know them.
  SharedContacts of(const Account& account) const;

  /// Takes over the groups of the shard's configuration.
  void configure();
  /// Calls `ready` when the account's groups are known: at once, unless a list has to be read.
  void with_current(const Account& account, std::move_only_function<void()> ready);
  /// To be called when a session begins and when it has ended.
  void session_bound(const Session& session);
  void session_ended(const Session& session);

 private:
  struct Group {
    std::string host;
    bool everyone = false;
    std::shared_ptr<const SharedMembers> members;
  };
  /// The accounts of a host that has a group of everyone.
  struct Everyone {
    std::vector<std::string> jids;
    std::uint64_t accounts_version = 0;  ///< Services::accounts_version when it was read; 0: never
    bool loading = false;
    std::vector<std::move_only_function<void()>> waiting;
  };

  static bool has(const Group& group, JidView jid);
  std::vector<std::string> local_members(const SharedGroup& group) const;
  SharedContacts compute(const Account& account) const;
  void announce_all();
  void load(const std::string& host, Everyone& everyone);
  void finish_load(const std::string& host, std::uint64_t accounts_version,
                   std::optional<std::vector<std::string>> jids);
  void announce(Account& account, const SharedContacts& before, const SharedContacts& after);

  Shard& shard_;
  std::vector<Group> groups_;
  std::map<std::string, Everyone, std::less<>> everyone_;         ///< by host
  std::map<std::string, SharedContacts, std::less<>> announced_;  ///< of accounts with sessions, by bare JID
};

}  // namespace vestnik
