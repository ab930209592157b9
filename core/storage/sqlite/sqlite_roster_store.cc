#include "core/storage/roster_groups.h"
#include "core/storage/sqlite/database.h"
#include "core/storage/sqlite/sqlite_stores.h"

namespace vestnik::storage::sqlite {
namespace {

class SqliteRosterStore final : public RosterStore {
 public:
  explicit SqliteRosterStore(Database& database)
      : ids_(database),
        version_(
            database,
            "SELECT account.id, coalesce(roster.version, created_at), coalesce(complete_since, created_at) "
            "FROM account LEFT JOIN roster ON roster.owner = account.id WHERE jid = ?1"),
        items_(database,
               "SELECT contact, name, groups, subscription, ask, approved, version FROM roster_item "
               "WHERE owner = ?1 ORDER BY contact"),
        item_(database,
              "SELECT contact, name, groups, subscription, ask, approved, version FROM roster_item "
              "WHERE owner = ?1 AND contact = ?2"),
        pending_(database, "SELECT contact, stanza FROM roster_pending WHERE owner = ?1 ORDER BY contact"),
        removed_since_(
            database,
            "SELECT contact FROM roster_removed WHERE owner = ?1 AND version > ?2 ORDER BY contact"),
        raise_version_(database,
                       "INSERT INTO roster (owner, version, complete_since) "
                       "SELECT id, ?2, created_at FROM account WHERE id = ?1 "
                       "ON CONFLICT (owner) DO UPDATE SET version = max(version, excluded.version)"),
        put_item_(database,
                  "INSERT OR REPLACE INTO roster_item "
                  "(owner, contact, name, groups, subscription, ask, approved, version) "
                  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"),
        remove_item_(database, "DELETE FROM roster_item WHERE owner = ?1 AND contact = ?2"),
        remember_removal_(
            database, "INSERT OR REPLACE INTO roster_removed (owner, contact, version) VALUES (?1, ?2, ?3)"),
        forget_removal_(database, "DELETE FROM roster_removed WHERE owner = ?1 AND contact = ?2"),
        oldest_surplus_removal_(database,
                                "SELECT version FROM roster_removed WHERE owner = ?1 "
                                "ORDER BY version DESC LIMIT 1 OFFSET ?2"),
        forget_removals_(database, "DELETE FROM roster_removed WHERE owner = ?1 AND version <= ?2"),
        raise_complete_since_(database, "UPDATE roster SET complete_since = ?2 WHERE owner = ?1"),
        put_pending_(database,
                     "INSERT OR REPLACE INTO roster_pending (owner, contact, stanza) VALUES (?1, ?2, ?3)"),
        remove_pending_(database, "DELETE FROM roster_pending WHERE owner = ?1 AND contact = ?2") {}

  Roster load(std::string_view owner) override {
    Roster roster;
    const auto state = version(owner);
    if (!state) return roster;
    roster.version = state->version;
    Cursor item = items_.query(state->owner);
    while (item.next()) roster.items.push_back(read_item(item));
    Cursor request = pending_.query(state->owner);
    while (request.next())
      roster.pending_in.push_back({.contact = request.text(0), .stanza = request.text(1)});
    return roster;
  }

  // There is no round trip to save here: SQLite runs in this thread.
  std::vector<Roster> load_many(std::span<const std::string> owners) override {
    std::vector<Roster> rosters;
    rosters.reserve(owners.size());
    for (const std::string& owner : owners) rosters.push_back(load(owner));
    return rosters;
  }

  std::optional<RosterItem> find_item(std::string_view owner, std::string_view contact) override {
    const auto id = ids_.find(owner);
    if (!id) return std::nullopt;
    Cursor row = item_.query(*id, contact);
    if (!row.next()) return std::nullopt;
    return read_item(row);
  }

  void put_item(std::string_view owner, const RosterItem& item) override {
    const auto id = ids_.require(owner);
    raise_version_.run(id, item.version);
    forget_removal_.run(id, item.contact);
    put_item_.run(id, item.contact, item.name, join_groups(item.groups), static_cast<int>(item.subscription),
                  item.ask, item.approved, item.version);
  }

  void remove_item(std::string_view owner, std::string_view contact, std::uint64_t version) override {
    const auto id = ids_.find(owner);
    if (!id || remove_item_.run(*id, contact) == 0) return;
    raise_version_.run(*id, version);
    remember_removal_.run(*id, contact, version);
    forget_surplus_removals(*id);
  }

  std::optional<std::vector<std::string>> removed_since(std::string_view owner,
                                                        std::uint64_t since) override {
    const auto state = version(owner);
    if (!state || since < state->complete_since || since > state->version) return std::nullopt;
    std::vector<std::string> contacts;
    Cursor row = removed_since_.query(state->owner, since);
    while (row.next()) contacts.push_back(row.text(0));
    return contacts;
  }

  void put_pending(std::string_view owner, const PendingRequest& request) override {
    put_pending_.run(ids_.require(owner), request.contact, request.stanza);
  }

  void remove_pending(std::string_view owner, std::string_view contact) override {
    if (const auto id = ids_.find(owner)) remove_pending_.run(*id, contact);
  }

 private:
  struct VersionState {
    std::int64_t owner;
    std::uint64_t version;
    std::uint64_t complete_since;
  };

  std::optional<VersionState> version(std::string_view owner) {
    Cursor row = version_.query(owner);
    if (!row.next()) return std::nullopt;
    return VersionState{.owner = row.integer(0), .version = row.count(1), .complete_since = row.count(2)};
  }

  static RosterItem read_item(const Cursor& row) {
    return {.contact = row.text(0),
            .name = row.text(1),
            .groups = split_groups(row.text(2)),
            .subscription = static_cast<Subscription>(row.integer(3)),
            .ask = row.boolean(4),
            .approved = row.boolean(5),
            .version = row.count(6)};
  }

  void forget_surplus_removals(std::int64_t owner) {
    std::optional<std::int64_t> surplus;
    {
      Cursor row = oldest_surplus_removal_.query(owner, kKeptRemovals);
      if (row.next()) surplus = row.integer(0);
    }
    if (!surplus) return;
    forget_removals_.run(owner, *surplus);
    raise_complete_since_.run(owner, *surplus);
  }

  AccountIds ids_;
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
  Statement oldest_surplus_removal_;
  Statement forget_removals_;
  Statement raise_complete_since_;
  Statement put_pending_;
  Statement remove_pending_;
};

}  // namespace

std::unique_ptr<RosterStore> make_roster_store(Database& database) {
  return std::make_unique<SqliteRosterStore>(database);
}

}  // namespace vestnik::storage::sqlite
