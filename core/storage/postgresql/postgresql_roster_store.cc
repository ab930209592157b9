#include "core/storage/postgresql/postgresql_stores.h"
#include "core/storage/roster_groups.h"

namespace vestnik::storage::postgresql {
namespace {

class PostgresqlRosterStore final : public RosterStore {
 public:
  explicit PostgresqlRosterStore(Connection& connection)
      : version_(connection,
                 "SELECT coalesce(version, created_at), coalesce(complete_since, created_at) "
                 "FROM account LEFT JOIN roster ON roster.owner = account.id WHERE jid = $1"),
        items_(connection,
               "SELECT contact, name, groups, subscription, ask, approved, version FROM roster_item "
               "WHERE owner = (SELECT id FROM account WHERE jid = $1) ORDER BY contact"),
        item_(connection,
              "SELECT contact, name, groups, subscription, ask, approved, version FROM roster_item "
              "WHERE owner = (SELECT id FROM account WHERE jid = $1) AND contact = $2"),
        pending_(connection,
                 "SELECT contact, stanza FROM roster_pending "
                 "WHERE owner = (SELECT id FROM account WHERE jid = $1) ORDER BY contact"),
        removed_since_(connection,
                       "SELECT contact FROM roster_removed "
                       "WHERE owner = (SELECT id FROM account WHERE jid = $1) AND version > $2 "
                       "ORDER BY contact"),
        raise_version_(connection,
                       "INSERT INTO roster (owner, version, complete_since) "
                       "SELECT id, $2, created_at FROM account WHERE jid = $1 "
                       "ON CONFLICT (owner) DO UPDATE "
                       "SET version = greatest(roster.version, excluded.version)"),
        put_item_(connection,
                  "INSERT INTO roster_item "
                  "(owner, contact, name, groups, subscription, ask, approved, version) "
                  "VALUES ((SELECT id FROM account WHERE jid = $1), $2, $3, $4, $5, $6, $7, $8) "
                  "ON CONFLICT (owner, contact) DO UPDATE SET name = excluded.name, "
                  "groups = excluded.groups, subscription = excluded.subscription, ask = excluded.ask, "
                  "approved = excluded.approved, version = excluded.version"),
        remove_item_(connection,
                     "DELETE FROM roster_item "
                     "WHERE owner = (SELECT id FROM account WHERE jid = $1) AND contact = $2"),
        remember_removal_(connection,
                          "INSERT INTO roster_removed (owner, contact, version) "
                          "VALUES ((SELECT id FROM account WHERE jid = $1), $2, $3) "
                          "ON CONFLICT (owner, contact) DO UPDATE SET version = excluded.version"),
        forget_removal_(connection,
                        "DELETE FROM roster_removed "
                        "WHERE owner = (SELECT id FROM account WHERE jid = $1) AND contact = $2"),
        forget_surplus_removals_(
            connection,
            "WITH surplus AS (SELECT owner, version FROM roster_removed "
            "WHERE owner = (SELECT id FROM account WHERE jid = $1) ORDER BY version DESC LIMIT 1 OFFSET $2), "
            "forgotten AS (DELETE FROM roster_removed AS removed USING surplus "
            "WHERE removed.owner = surplus.owner AND removed.version <= surplus.version) "
            "UPDATE roster SET complete_since = surplus.version FROM surplus "
            "WHERE roster.owner = surplus.owner"),
        put_pending_(connection,
                     "INSERT INTO roster_pending (owner, contact, stanza) "
                     "VALUES ((SELECT id FROM account WHERE jid = $1), $2, $3) "
                     "ON CONFLICT (owner, contact) DO UPDATE SET stanza = excluded.stanza"),
        remove_pending_(connection,
                        "DELETE FROM roster_pending "
                        "WHERE owner = (SELECT id FROM account WHERE jid = $1) AND contact = $2") {}

  Roster load(std::string_view owner) override { return read(ask(owner)); }

  // One round trip for all.
  std::vector<Roster> load_many(std::span<const std::string> owners) override {
    std::vector<Asked> asked;
    asked.reserve(owners.size());
    for (const std::string& owner : owners) asked.push_back(ask(owner));
    std::vector<Roster> rosters;
    rosters.reserve(owners.size());
    for (Asked& one : asked) rosters.push_back(read(std::move(one)));
    return rosters;
  }

  std::optional<RosterItem> find_item(std::string_view owner, std::string_view contact) override {
    Rows row = item_.query(owner, contact);
    if (!row.next()) return std::nullopt;
    return read_item(row);
  }

  void put_item(std::string_view owner, const RosterItem& item) override {
    raise_version_.run(owner, item.version);
    forget_removal_.run(owner, item.contact);
    put_item_.run(owner, item.contact, item.name, join_groups(item.groups),
                  static_cast<int>(item.subscription), item.ask, item.approved, item.version);
  }

  void remove_item(std::string_view owner, std::string_view contact, std::uint64_t version) override {
    if (remove_item_.changed(owner, contact) == 0) return;
    raise_version_.run(owner, version);
    remember_removal_.run(owner, contact, version);
    forget_surplus_removals_.run(owner, kKeptRemovals);
  }

  std::optional<std::vector<std::string>> removed_since(std::string_view owner,
                                                        std::uint64_t since) override {
    Rows state = version_.query(owner);
    Rows row = removed_since_.query(owner, since);
    if (!state.next() || since < state.count(1) || since > state.count(0)) return std::nullopt;
    std::vector<std::string> contacts;
    while (row.next()) contacts.push_back(row.text(0));
    return contacts;
  }

  void put_pending(std::string_view owner, const PendingRequest& request) override {
    put_pending_.run(owner, request.contact, request.stanza);
  }

  void remove_pending(std::string_view owner, std::string_view contact) override {
    remove_pending_.run(owner, contact);
  }

 private:
  /// The queries for a roster, under way.
  struct Asked {
    Rows version;
    Rows items;
    Rows pending;
  };

  Asked ask(std::string_view owner) {
    return {.version = version_.query(owner), .items = items_.query(owner), .pending = pending_.query(owner)};
  }

  static Roster read(Asked asked) {
    Roster roster;
    if (!asked.version.next()) return roster;
    roster.version = asked.version.count(0);
    while (asked.items.next()) roster.items.push_back(read_item(asked.items));
    while (asked.pending.next())
      roster.pending_in.push_back({.contact = asked.pending.text(0), .stanza = asked.pending.text(1)});
    return roster;
  }

  static RosterItem read_item(const Rows& row) {
    return {.contact = row.text(0),
            .name = row.text(1),
            .groups = split_groups(row.text(2)),
            .subscription = static_cast<Subscription>(row.integer(3)),
            .ask = row.boolean(4),
            .approved = row.boolean(5),
            .version = row.count(6)};
  }

  Statement version_;
  Statement items_;
  Statement item_;
  Statement pending_;
  Statement removed_since_;
  Statement raise_version_;
  Statement put_item_;
  Statement remove_item_;
  Statement remember_removal_;
  Statement forget_removal_;
  Statement forget_surplus_removals_;
  Statement put_pending_;
  Statement remove_pending_;
};

}  // namespace

std::unique_ptr<RosterStore> make_roster_store(Connection& connection) {
  return std::make_unique<PostgresqlRosterStore>(connection);
}

}  // namespace vestnik::storage::postgresql
