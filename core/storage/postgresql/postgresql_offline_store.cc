#include <fmt/format.h>

#include "core/storage/postgresql/postgresql_stores.h"

namespace vestnik::storage::postgresql {
namespace {

/// A statement that deletes the messages of `condition`, keeps the counts of their queues, and tells how many
/// those were.
std::string removal(std::string_view condition) {
  return fmt::format(
      "WITH gone AS (DELETE FROM offline_message WHERE {} RETURNING owner, bytes), "
      "counted AS (UPDATE offline_queue AS queue SET messages = queue.messages - less.messages, "
      "bytes = queue.bytes - less.bytes "
      "FROM (SELECT owner, count(*) AS messages, sum(bytes)::bigint AS bytes FROM gone GROUP BY owner) AS "
      "less "
      "WHERE queue.owner = less.owner) SELECT count(*) FROM gone",
      condition);
}

class PostgresqlOfflineStore final : public OfflineStore {
 public:
  explicit PostgresqlOfflineStore(Connection& connection)
      : append_(connection,
                "WITH queue AS (INSERT INTO offline_queue (owner, last_id, messages, bytes) "
                "VALUES ((SELECT id FROM account WHERE jid = $1), 1, 1, $2) "
                "ON CONFLICT (owner) DO UPDATE SET last_id = offline_queue.last_id + 1, "
                "messages = offline_queue.messages + 1, bytes = offline_queue.bytes + excluded.bytes "
                "RETURNING owner, last_id) "
                "INSERT INTO offline_message (owner, id, received_at, bytes, stanza, archived) "
                "SELECT owner, last_id, $3, $2, $4, $5 FROM queue RETURNING id"),
        list_(connection,
              "SELECT message.id, received_at, coalesce(archived, 0), "
              "CASE WHEN archived IS NULL THEN message.stanza ELSE body.stanza END "
              "FROM offline_message AS message "
              "LEFT JOIN archive_entry AS entry ON entry.owner = message.owner AND entry.id = archived "
              "LEFT JOIN archive_body AS body ON body.id = entry.body "
              "WHERE message.owner = (SELECT id FROM account WHERE jid = $1) AND message.id > $2 "
              "ORDER BY message.id LIMIT $3"),
        usage_(connection,
               "SELECT messages, bytes FROM offline_queue "
               "WHERE owner = (SELECT id FROM account WHERE jid = $1)"),
        remove_(connection, removal("owner = (SELECT id FROM account WHERE jid = $1) AND id = $2")),
        remove_up_to_(connection, removal("owner = (SELECT id FROM account WHERE jid = $1) AND id <= $2")),
        remove_all_(connection, removal("owner = (SELECT id FROM account WHERE jid = $1)")),
        remove_expired_(connection, removal("(owner, id) IN (SELECT owner, id FROM offline_message "
                                            "WHERE received_at < $1 ORDER BY received_at LIMIT $2)")) {}

  OfflineId append(std::string_view owner, UnixMillis received_at, std::string_view stanza) override {
    return id_of(append_.query(owner, stanza.size(), received_at, stanza, std::optional<ArchiveId>()));
  }

  void append_archived(std::string_view owner, ArchiveId archived, std::size_t bytes) override {
    append_.run(owner, bytes, received_at(archived), std::string_view(), archived);
  }

  std::vector<OfflineMessage> list(std::string_view owner, OfflineId after, std::size_t limit) override {
    std::vector<OfflineMessage> messages;
    Rows row = list_.query(owner, after, limit);
    while (row.next()) {
      messages.push_back({.id = row.integer(0),
                          .received_at = row.time(1),
                          .archived = row.integer(2),
                          .stanza = row.text(3)});
    }
    return messages;
  }

  OfflineUsage usage(std::string_view owner) override {
    Rows row = usage_.query(owner);
    if (!row.next()) return {};
    return {.messages = row.count(0), .bytes = row.count(1)};
  }

  void remove(std::string_view owner, std::span<const OfflineId> ids) override {
    for (const OfflineId id : ids) remove_.run(owner, id);
  }

  void remove_up_to(std::string_view owner, OfflineId last) override { remove_up_to_.run(owner, last); }

  void remove_all(std::string_view owner) override { remove_all_.run(owner); }

  std::uint64_t remove_expired(UnixMillis before, std::size_t limit) override {
    Rows row = remove_expired_.query(before, limit);
    return row.next() ? row.count(0) : 0;
  }

 private:
  static OfflineId id_of(Rows row) {
    row.next();
    return row.integer(0);
  }

  Statement append_;
  Statement list_;
  Statement usage_;
  Statement remove_;
  Statement remove_up_to_;
  Statement remove_all_;
  Statement remove_expired_;
};

}  // namespace

std::unique_ptr<OfflineStore> make_offline_store(Connection& connection) {
  return std::make_unique<PostgresqlOfflineStore>(connection);
}

}  // namespace vestnik::storage::postgresql
