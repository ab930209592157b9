#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vestnik::storage {

/// The subscription attribute of a roster item (RFC 6121 §2.1.2.5); the values are what is stored.
enum class Subscription : std::uint8_t { none = 0, to = 1, from = 2, both = 3 };

/// A contact, RFC 6121 §2.1.2.
struct RosterItem {
  std::string contact;  ///< bare
  std::string name;     ///< empty: none
  std::vector<std::string> groups;
  Subscription subscription = Subscription::none;
  bool ask = false;           ///< our request is pending (`ask='subscribe'`)
  bool approved = false;      ///< pre-approved (RFC 6121 §3.4)
  std::uint64_t version = 0;  ///< of the roster when the item last changed

  friend bool operator==(const RosterItem&, const RosterItem&) = default;
};

/// A request to subscribe that the owner has not answered (RFC 6121 §3.1.3); its sender need not be a
/// contact.
struct PendingRequest {
  std::string contact;  ///< who asks, bare
  std::string stanza;   ///< the presence stanza, to be delivered again at each log-in

  friend bool operator==(const PendingRequest&, const PendingRequest&) = default;
};

/// All that is stored of an account's contacts.
struct Roster {
  /// The version of the newest change (RFC 6121 §2.6). A roster that was never changed has the account's
  /// time of creation as its version, so that what clients of an earlier account of the same name have kept
  /// is never taken for current. Zero: no such account.
  std::uint64_t version = 0;
  std::vector<RosterItem> items;           ///< in the order of their contacts
  std::vector<PendingRequest> pending_in;  ///< in the order of their contacts
};

/// The rosters; conventions as in AccountStore.
class RosterStore {
 public:
  virtual ~RosterStore() = default;

  virtual Roster load(std::string_view owner) = 0;
  /// The rosters in the order of `owners`.
  virtual std::vector<Roster> load_many(std::span<const std::string> owners) = 0;
  /// One contact, for presence and probes to an owner who is not loaded.
  virtual std::optional<RosterItem> find_item(std::string_view owner, std::string_view contact) = 0;

  /// Adds or replaces the item; its version, greater than the roster's so far, becomes the roster's.
  virtual void put_item(std::string_view owner, const RosterItem& item) = 0;
  /// Nothing happens if there is no such item; otherwise `version` becomes the roster's.
  virtual void remove_item(std::string_view owner, std::string_view contact, std::uint64_t version) = 0;

  /// The contacts removed since version `since`, which together with the items newer than it bring a client
  /// up to date. None: the client needs the whole roster, because only the last kKeptRemovals are remembered
  /// or because this roster never had that version.
  virtual std::optional<std::vector<std::string>> removed_since(std::string_view owner,
                                                                std::uint64_t since) = 0;
  static constexpr std::uint32_t kKeptRemovals = 100;

  /// Adds a request or replaces that contact's earlier one. Requests are no part of the roster's version.
  virtual void put_pending(std::string_view owner, const PendingRequest& request) = 0;
  virtual void remove_pending(std::string_view owner, std::string_view contact) = 0;
};

}  // namespace vestnik::storage
