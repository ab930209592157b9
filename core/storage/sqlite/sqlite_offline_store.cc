#include "core/storage/sqlite/database.h"
#include "core/storage/sqlite/sqlite_stores.h"

namespace vestnik::storage::sqlite {
namespace {

class SqliteOfflineStore final : public OfflineStore {
 public:
  explicit SqliteOfflineStore(Database& database)
      : ids_(database),
        enqueue_(database,
                 "INSERT INTO offline_queue (owner, last_id, messages, bytes) VALUES (?1, 1, 1, ?2) "
                 "ON CONFLICT (owner) DO UPDATE SET last_id = last_id + 1, messages = messages + 1, "
                 "bytes = bytes + excluded.bytes RETURNING last_id"),
        append_(database,
                "INSERT INTO offline_message (owner, id, received_at, bytes, stanza, archived) "
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
        list_(database,
              "SELECT message.id, received_at, coalesce(archived, 0), "
              "CASE WHEN archived IS NULL THEN message.stanza ELSE body.stanza END "
              "FROM offline_message AS message "
              "LEFT JOIN archive_entry AS entry ON entry.owner = message.owner AND entry.id = archived "
              "LEFT JOIN archive_body AS body ON body.id = entry.body "
              "WHERE message.owner = ?1 AND message.id > ?2 ORDER BY message.id LIMIT ?3"),
        usage_(database, "SELECT messages, bytes FROM offline_queue WHERE owner = ?1"),
        remove_(database, "DELETE FROM offline_message WHERE owner = ?1 AND id = ?2"),
        remove_up_to_(database, "DELETE FROM offline_message WHERE owner = ?1 AND id <= ?2"),
        remove_all_(database, "DELETE FROM offline_message WHERE owner = ?1"),
        remove_expired_(
            database,
            "DELETE FROM offline_message WHERE (owner, id) IN (SELECT owner, id FROM offline_message "
            "WHERE received_at < ?1 ORDER BY received_at LIMIT ?2)") {}

  OfflineId append(std::string_view owner, UnixMillis received_at, std::string_view stanza) override {
    const auto account = ids_.require(owner);
    const OfflineId id = enqueue(account, stanza.size());
    append_.run(account, id, received_at, stanza.size(), stanza, std::optional<ArchiveId>());
    return id;
  }

  void append_archived(std::string_view owner, ArchiveId archived, std::size_t bytes) override {
    const auto account = ids_.require(owner);
    append_.run(account, enqueue(account, bytes), received_at(archived), bytes, std::string_view(),
                std::optional(archived));
  }

  std::vector<OfflineMessage> list(std::string_view owner, OfflineId after, std::size_t limit) override {
    std::vector<OfflineMessage> messages;
    const auto account = ids_.find(owner);
    if (!account) return messages;
    Cursor row = list_.query(*account, after, limit);
    while (row.next()) {
      messages.push_back({.id = row.integer(0),
                          .received_at = row.time(1),
                          .archived = row.integer(2),
                          .stanza = row.text(3)});
    }
    return messages;
  }

  OfflineUsage usage(std::string_view owner) override {
    const auto account = ids_.find(owner);
    if (!account) return {};
    Cursor row = usage_.query(*account);
    if (!row.next()) return {};
    return {.messages = row.count(0), .bytes = row.count(1)};
  }

  void remove(std::string_view owner, std::span<const OfflineId> ids) override {
    const auto account = ids_.find(owner);
    if (!account) return;
    for (const OfflineId id : ids) remove_.run(*account, id);
  }

  void remove_up_to(std::string_view owner, OfflineId last) override {
    if (const auto account = ids_.find(owner)) remove_up_to_.run(*account, last);
  }

  void remove_all(std::string_view owner) override {
    if (const auto account = ids_.find(owner)) remove_all_.run(*account);
  }

  std::uint64_t remove_expired(UnixMillis before, std::size_t limit) override {
    return remove_expired_.run(before, limit);
  }

 private:
  OfflineId enqueue(std::int64_t account, std::size_t bytes) {
    Cursor row = enqueue_.query(account, bytes);
    row.next();
    return row.integer(0);
  }

  AccountIds ids_;
  Statement enqueue_;
  Statement append_;
  Statement list_;
  Statement usage_;
  Statement remove_;
  Statement remove_up_to_;
  Statement remove_all_;
  Statement remove_expired_;
};

}  // namespace

std::unique_ptr<OfflineStore> make_offline_store(Database& database) {
  return std::make_unique<SqliteOfflineStore>(database);
}

}  // namespace vestnik::storage::sqlite
