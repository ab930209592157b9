#include <algorithm>

#include "core/storage/sqlite/database.h"
#include "core/storage/sqlite/sqlite_stores.h"

namespace vestnik::storage::sqlite {
namespace {

constexpr std::string_view kItemColumns = "id, publisher, published_at, payload, position";

PubsubItem read_item(const Cursor& row) {
  return {.id = row.text(0),
          .publisher = row.text(1),
          .published_at = row.time(2),
          .payload = row.text(3),
          .position = row.integer(4)};
}

PubsubNode read_node(const Cursor& row) {
  return {.id = row.integer(0),
          .name = row.text(1),
          .config = row.text(2),
          .created_at = row.time(3),
          .items = row.count(4),
          .bytes = row.count(5)};
}

std::vector<PubsubTie> read_ties(Cursor row) {
  std::vector<PubsubTie> ties;
  while (row.next())
    ties.push_back({.node = row.text(0), .jid = row.text(1), .value = static_cast<int>(row.integer(2))});
  return ties;
}

class SqlitePubsubStore final : public PubsubStore {
 public:
  explicit SqlitePubsubStore(Database& database)
      : ids_(database),
        find_(database,
              "SELECT id, name, config, created_at, items, bytes FROM pubsub_node "
              "WHERE service = ?1 AND name = ?2"),
        list_(database,
              "SELECT id, name, config, created_at, items, bytes FROM pubsub_node "
              "WHERE service = ?1 AND name > ?2 ORDER BY name LIMIT ?3"),
        usage_(database, "SELECT count(*), coalesce(sum(bytes), 0) FROM pubsub_node WHERE service = ?1"),
        create_(database,
                "INSERT INTO pubsub_node "
                "(service, name, owner, created_at, config, last_position, items, bytes) "
                "VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, 0) RETURNING id"),
        configure_(database, "UPDATE pubsub_node SET config = ?2 WHERE id = ?1"),
        remove_(database, "DELETE FROM pubsub_node WHERE id = ?1"),
        next_position_(database,
                       "UPDATE pubsub_node SET last_position = last_position + 1, items = items + 1, "
                       "bytes = bytes + ?2 WHERE id = ?1 RETURNING last_position"),
        put_item_(database,
                  "INSERT INTO pubsub_item (node, position, id, publisher, published_at, bytes, payload) "
                  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
        item_(database,
              std::string("SELECT ").append(kItemColumns) + " FROM pubsub_item WHERE node = ?1 AND id = ?2"),
        oldest_(database, items_query("")),
        newest_(database, items_query(" DESC")),
        remove_item_(database, "DELETE FROM pubsub_item WHERE node = ?1 AND id = ?2"),
        purge_(database, "DELETE FROM pubsub_item WHERE node = ?1"),
        affiliations_(database,
                      "SELECT jid, affiliation FROM pubsub_affiliation WHERE node = ?1 ORDER BY jid"),
        put_affiliation_(
            database,
            "INSERT OR REPLACE INTO pubsub_affiliation (node, jid, affiliation) VALUES (?1, ?2, ?3)"),
        remove_affiliation_(database, "DELETE FROM pubsub_affiliation WHERE node = ?1 AND jid = ?2"),
        subscriptions_(database, "SELECT jid, state FROM pubsub_subscription WHERE node = ?1 ORDER BY jid"),
        put_subscription_(
            database, "INSERT OR REPLACE INTO pubsub_subscription (node, jid, state) VALUES (?1, ?2, ?3)"),
        remove_subscription_(database, "DELETE FROM pubsub_subscription WHERE node = ?1 AND jid = ?2"),
        affiliations_of_(database,
                         "SELECT name, jid, affiliation FROM pubsub_affiliation "
                         "JOIN pubsub_node ON pubsub_node.id = node "
                         "WHERE jid = ?2 AND service = ?1 ORDER BY name"),
        // What begins with "?2/": '0' follows '/'.
        subscriptions_of_(database,
                          "SELECT name, jid, state FROM pubsub_subscription "
                          "JOIN pubsub_node ON pubsub_node.id = node "
                          "WHERE (jid = ?2 OR (jid > ?2 || '/' AND jid < ?2 || '0')) AND service = ?1 "
                          "ORDER BY name, jid") {}

  std::optional<PubsubNode> find(std::string_view service, std::string_view name) override {
    Cursor row = find_.query(service, name);
    if (!row.next()) return std::nullopt;
    return read_node(row);
  }

  std::vector<PubsubNode> list(std::string_view service, std::string_view after, std::size_t limit) override {
    std::vector<PubsubNode> nodes;
    Cursor row = list_.query(service, after, limit);
    while (row.next()) nodes.push_back(read_node(row));
    return nodes;
  }

  PubsubUsage usage(std::string_view service) override {
    Cursor row = usage_.query(service);
    if (!row.next()) return {};
    return {.nodes = row.count(0), .bytes = row.count(1)};
  }

  PubsubNodeId create(std::string_view service, std::string_view name, std::string_view config,
                      UnixMillis created_at) override {
    std::optional<std::int64_t> owner;
    if (service.contains('@')) owner = ids_.require(service);
    Cursor row = create_.query(service, name, owner, created_at, config);
    row.next();
    return row.integer(0);
  }

  void configure(PubsubNodeId node, std::string_view config) override { configure_.run(node, config); }

  void remove(PubsubNodeId node) override { remove_.run(node); }

  void put_item(PubsubNodeId node, const PubsubItem& item) override {
    remove_item(node, item.id);
    const std::size_t bytes = item.id.size() + item.payload.size();
    put_item_.run(node, next_position(node, bytes), item.id, item.publisher, item.published_at, bytes,
                  item.payload);
  }

  std::optional<PubsubItem> item(PubsubNodeId node, std::string_view id) override {
    Cursor row = item_.query(node, id);
    if (!row.next()) return std::nullopt;
    return read_item(row);
  }

  std::vector<PubsubItem> items(PubsubNodeId node, const PubsubRange& range) override {
    std::vector<PubsubItem> items;
    Cursor row = (range.newest ? newest_ : oldest_).query(node, range.after, range.before, range.limit);
    while (row.next()) items.push_back(read_item(row));
    if (range.newest) std::ranges::reverse(items);
    return items;
  }

  bool remove_item(PubsubNodeId node, std::string_view id) override {
    return remove_item_.run(node, id) != 0;
  }

  void purge(PubsubNodeId node) override { purge_.run(node); }

  std::vector<PubsubAffiliation> affiliations(PubsubNodeId node) override {
    std::vector<PubsubAffiliation> affiliations;
    Cursor row = affiliations_.query(node);
    while (row.next())
      affiliations.push_back({.jid = row.text(0), .affiliation = static_cast<int>(row.integer(1))});
    return affiliations;
  }

  void set_affiliation(PubsubNodeId node, std::string_view jid, int affiliation) override {
    if (affiliation == 0)
      remove_affiliation_.run(node, jid);
    else
      put_affiliation_.run(node, jid, affiliation);
  }

  std::vector<PubsubSubscription> subscriptions(PubsubNodeId node) override {
    std::vector<PubsubSubscription> subscriptions;
    Cursor row = subscriptions_.query(node);
    while (row.next())
      subscriptions.push_back({.jid = row.text(0), .state = static_cast<int>(row.integer(1))});
    return subscriptions;
  }

  void set_subscription(PubsubNodeId node, std::string_view jid, int state) override {
    if (state == 0)
      remove_subscription_.run(node, jid);
    else
      put_subscription_.run(node, jid, state);
  }

  std::vector<PubsubTie> affiliations_of(std::string_view service, std::string_view jid) override {
    return read_ties(affiliations_of_.query(service, jid));
  }

  std::vector<PubsubTie> subscriptions_of(std::string_view service, std::string_view jid) override {
    return read_ties(subscriptions_of_.query(service, jid));
  }

 private:
  static std::string items_query(std::string_view direction) {
    return std::string("SELECT ")
        .append(kItemColumns)
        .append(" FROM pubsub_item WHERE node = ?1 AND position > ?2 AND position < ?3 ORDER BY position")
        .append(direction)
        .append(" LIMIT ?4");
  }

  std::int64_t next_position(PubsubNodeId node, std::size_t bytes) {
    Cursor row = next_position_.query(node, bytes);
    row.next();
    return row.integer(0);
  }

  AccountIds ids_;
  Statement find_;
  Statement list_;
  Statement usage_;
  Statement create_;
  Statement configure_;
  Statement remove_;
  Statement next_position_;
  Statement put_item_;
  Statement item_;
  Statement oldest_;
  Statement newest_;
  Statement remove_item_;
  Statement purge_;
  Statement affiliations_;
  Statement put_affiliation_;
  Statement remove_affiliation_;
  Statement subscriptions_;
  Statement put_subscription_;
  Statement remove_subscription_;
  Statement affiliations_of_;
  Statement subscriptions_of_;
};

}  // namespace

std::unique_ptr<PubsubStore> make_pubsub_store(Database& database) {
  return std::make_unique<SqlitePubsubStore>(database);
}

}  // namespace vestnik::storage::sqlite
