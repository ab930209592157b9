#include <fmt/format.h>

#include <algorithm>

#include "core/storage/postgresql/postgresql_stores.h"

namespace vestnik::storage::postgresql {
namespace {

constexpr std::string_view kItemColumns = "id, publisher, published_at, payload, position";

PubsubItem read_item(Rows& row) {
  return {.id = row.text(0),
          .publisher = row.text(1),
          .published_at = row.time(2),
          .payload = row.text(3),
          .position = row.integer(4)};
}

PubsubNode read_node(Rows& row) {
  return {.id = row.integer(0),
          .name = row.text(1),
          .config = row.text(2),
          .created_at = row.time(3),
          .items = row.count(4),
          .bytes = row.count(5)};
}

std::vector<PubsubTie> read_ties(Rows row) {
  std::vector<PubsubTie> ties;
  while (row.next())
    ties.push_back({.node = row.text(0), .jid = row.text(1), .value = static_cast<int>(row.integer(2))});
  return ties;
}

/// A statement that deletes the items of `condition`, which are of node $1, and keeps that node's counts. It
/// gives a row if there were any.
std::string removal(std::string_view condition) {
  return fmt::format(
      "WITH gone AS (DELETE FROM pubsub_item WHERE {} RETURNING bytes), "
      "less AS (SELECT count(*) AS items, sum(bytes)::bigint AS bytes FROM gone HAVING count(*) > 0) "
      "UPDATE pubsub_node AS node SET items = node.items - less.items, bytes = node.bytes - less.bytes "
      "FROM less WHERE node.id = $1 RETURNING node.id",
      condition);
}

class PostgresqlPubsubStore final : public PubsubStore {
 public:
  explicit PostgresqlPubsubStore(Connection& connection)
      : find_(connection,
              "SELECT id, name, config, created_at, items, bytes FROM pubsub_node "
              "WHERE service = $1 AND name = $2"),
        list_(connection,
              "SELECT id, name, config, created_at, items, bytes FROM pubsub_node "
              "WHERE service = $1 AND name > $2 ORDER BY name LIMIT $3"),
        usage_(connection,
               "SELECT count(*), coalesce(sum(bytes), 0)::bigint FROM pubsub_node WHERE service = $1"),
        create_(connection,
                "INSERT INTO pubsub_node "
                "(id, service, name, owner, created_at, config, last_position, items, bytes) "
                "VALUES ((SELECT coalesce(max(id), 0) + 1 FROM pubsub_node), $1, $2, "
                "(SELECT id FROM account WHERE jid = $1), $3, $4, 0, 0, 0) RETURNING id"),
        configure_(connection, "UPDATE pubsub_node SET config = $2 WHERE id = $1"),
        remove_(connection, "DELETE FROM pubsub_node WHERE id = $1"),
        put_item_(connection,
                  "WITH counted AS (UPDATE pubsub_node SET last_position = last_position + 1, "
                  "items = items + 1, bytes = bytes + $5 WHERE id = $1 RETURNING last_position) "
                  "INSERT INTO pubsub_item (node, position, id, publisher, published_at, bytes, payload) "
                  "SELECT $1, last_position, $2, $3, $4, $5, $6 FROM counted"),
        item_(connection,
              std::string("SELECT ").append(kItemColumns) + " FROM pubsub_item WHERE node = $1 AND id = $2"),
        oldest_(connection, items_query("")),
        newest_(connection, items_query(" DESC")),
        remove_item_(connection, removal("node = $1 AND id = $2")),
        purge_(connection, removal("node = $1")),
        affiliations_(connection,
                      "SELECT jid, affiliation FROM pubsub_affiliation WHERE node = $1 ORDER BY jid"),
        put_affiliation_(connection,
                         "INSERT INTO pubsub_affiliation (node, jid, affiliation) VALUES ($1, $2, $3) "
                         "ON CONFLICT (node, jid) DO UPDATE SET affiliation = excluded.affiliation"),
        remove_affiliation_(connection, "DELETE FROM pubsub_affiliation WHERE node = $1 AND jid = $2"),
        subscriptions_(connection, "SELECT jid, state FROM pubsub_subscription WHERE node = $1 ORDER BY jid"),
        put_subscription_(connection,
                          "INSERT INTO pubsub_subscription (node, jid, state) VALUES ($1, $2, $3) "
                          "ON CONFLICT (node, jid) DO UPDATE SET state = excluded.state"),
        remove_subscription_(connection, "DELETE FROM pubsub_subscription WHERE node = $1 AND jid = $2"),
        affiliations_of_(connection,
                         "SELECT name, jid, affiliation FROM pubsub_affiliation "
                         "JOIN pubsub_node ON pubsub_node.id = node "
                         "WHERE jid = $2 AND service = $1 ORDER BY name"),
        // What begins with "$2/": '0' follows '/'.
        subscriptions_of_(connection,
                          "SELECT name, jid, state FROM pubsub_subscription "
                          "JOIN pubsub_node ON pubsub_node.id = node "
                          "WHERE (jid = $2 OR (jid > $2 || '/' AND jid < $2 || '0')) AND service = $1 "
                          "ORDER BY name, jid") {}

  std::optional<PubsubNode> find(std::string_view service, std::string_view name) override {
    Rows row = find_.query(service, name);
    if (!row.next()) return std::nullopt;
    return read_node(row);
  }

  std::vector<PubsubNode> list(std::string_view service, std::string_view after, std::size_t limit) override {
    std::vector<PubsubNode> nodes;
    Rows row = list_.query(service, after, limit);
    while (row.next()) nodes.push_back(read_node(row));
    return nodes;
  }

  PubsubUsage usage(std::string_view service) override {
    Rows row = usage_.query(service);
    if (!row.next()) return {};
    return {.nodes = row.count(0), .bytes = row.count(1)};
  }

  PubsubNodeId create(std::string_view service, std::string_view name, std::string_view config,
                      UnixMillis created_at) override {
    Rows row = create_.query(service, name, created_at, config);
    row.next();
    return row.integer(0);
  }

  void configure(PubsubNodeId node, std::string_view config) override { configure_.run(node, config); }

  void remove(PubsubNodeId node) override { remove_.run(node); }

  void put_item(PubsubNodeId node, const PubsubItem& item) override {
    remove_item_.run(node, item.id);
    put_item_.run(node, item.id, item.publisher, item.published_at, item.id.size() + item.payload.size(),
                  item.payload);
  }

  std::optional<PubsubItem> item(PubsubNodeId node, std::string_view id) override {
    Rows row = item_.query(node, id);
    if (!row.next()) return std::nullopt;
    return read_item(row);
  }

  std::vector<PubsubItem> items(PubsubNodeId node, const PubsubRange& range) override {
    std::vector<PubsubItem> items;
    Rows row = (range.newest ? newest_ : oldest_).query(node, range.after, range.before, range.limit);
    while (row.next()) items.push_back(read_item(row));
    if (range.newest) std::ranges::reverse(items);
    return items;
  }

  bool remove_item(PubsubNodeId node, std::string_view id) override {
    return remove_item_.query(node, id).next();
  }

  void purge(PubsubNodeId node) override { purge_.run(node); }

  std::vector<PubsubAffiliation> affiliations(PubsubNodeId node) override {
    std::vector<PubsubAffiliation> affiliations;
    Rows row = affiliations_.query(node);
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
    Rows row = subscriptions_.query(node);
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
        .append(" FROM pubsub_item WHERE node = $1 AND position > $2 AND position < $3 ORDER BY position")
        .append(direction)
        .append(" LIMIT $4");
  }

  Statement find_;
  Statement list_;
  Statement usage_;
  Statement create_;
  Statement configure_;
  Statement remove_;
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

std::unique_ptr<PubsubStore> make_pubsub_store(Connection& connection) {
  return std::make_unique<PostgresqlPubsubStore>(connection);
}

}  // namespace vestnik::storage::postgresql
