#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/storage/unix_millis.h"
#include "proto/sasl/scram_keys.h"

namespace vestnik::storage {

/// The end of the last session (XEP-0012).
struct LastActivity {
  UnixMillis at;
  std::string status;  ///< of the unavailable presence; may be empty

  friend bool operator==(const LastActivity&, const LastActivity&) = default;
};

/// An account as it is stored.
struct AccountRecord {
  std::string jid;  ///< bare
  UnixMillis created_at;
  bool disabled = false;
  std::optional<LastActivity> last_activity;  ///< none before the first log-out
  /// With neither hash an account can log in only by means that need no password (SASL EXTERNAL).
  sasl::Credentials credentials;
};

/// An account as lists show it.
struct AccountSummary {
  std::string jid;
  UnixMillis created_at;
  bool disabled = false;

  friend bool operator==(const AccountSummary&, const AccountSummary&) = default;
};

/// The accounts. What every other store of this folder keeps belongs to an account and goes with it, so that
/// a name given out again inherits nothing (SECURITY 25).
///
/// Conventions of all stores: an address is a canonical bare JID. Where there is no such account, there is
/// nothing to be read or removed, and keeping something for it throws Failure with ErrorKind::constraint, so
/// that what is under way when an account is deleted does not outlive it. Trouble with the database throws
/// Failure too. A store belongs to its Stores and is used on one storage thread.
class AccountStore {
 public:
  virtual ~AccountStore() = default;

  virtual std::optional<AccountRecord> find(std::string_view jid) = 0;
  virtual bool exists(std::string_view jid) = 0;

  /// False, and nothing changed, if the name is taken.
  [[nodiscard]] virtual bool create(const AccountRecord& account) = 0;

  /// Deletes the account with everything it has in any store. False if there was none.
  virtual bool remove(std::string_view jid) = 0;

  /// The setters replace what was there; false if there is no such account.
  virtual bool set_credentials(std::string_view jid, const sasl::Credentials& credentials) = 0;
  virtual bool set_disabled(std::string_view jid, bool disabled) = 0;
  virtual bool set_last_activity(std::string_view jid, const LastActivity& last) = 0;

  /// Up to `limit` accounts of a host in the order of their addresses, from the first one greater than
  /// `after` (empty: the very first).
  virtual std::vector<AccountSummary> list(std::string_view host, std::string_view after,
                                           std::size_t limit) = 0;
  virtual std::uint64_t count(std::string_view host) = 0;
};

}  // namespace vestnik::storage
