#include <algorithm>
#include <array>
#include <utility>

#include "core/storage/sqlite/archive_search.h"
#include "core/storage/sqlite/database.h"
#include "core/storage/sqlite/sqlite_stores.h"

namespace vestnik::storage::sqlite {
namespace {

// The four ways through an archive: all or one peer's messages, forwards or backwards.
constexpr std::array<std::string_view, 4> kPages{
    "SELECT entry.id, stanza FROM archive_entry AS entry CROSS JOIN archive_body AS body "
    "WHERE owner = ?1 AND entry.id > ?2 AND entry.id < ?3 AND body.id = entry.body "
    "ORDER BY entry.id LIMIT ?4",
    "SELECT entry.id, stanza FROM archive_entry AS entry CROSS JOIN archive_body AS body "
    "WHERE owner = ?1 AND entry.id > ?2 AND entry.id < ?3 AND body.id = entry.body "
    "ORDER BY entry.id DESC LIMIT ?4",
    "SELECT entry.id, stanza FROM archive_entry AS entry INDEXED BY archive_entry_by_peer "
    "CROSS JOIN archive_body AS body "
    "WHERE owner = ?1 AND entry.id > ?2 AND entry.id < ?3 AND body.id = entry.body "
    "AND peer = ?5 AND (?6 = 0 OR resource = ?6) ORDER BY entry.id LIMIT ?4",
    "SELECT entry.id, stanza FROM archive_entry AS entry INDEXED BY archive_entry_by_peer "
    "CROSS JOIN archive_body AS body "
    "WHERE owner = ?1 AND entry.id > ?2 AND entry.id < ?3 AND body.id = entry.body "
    "AND peer = ?5 AND (?6 = 0 OR resource = ?6) ORDER BY entry.id DESC LIMIT ?4"};

class SqliteArchiveStore final : public ArchiveStore {
 public:
  explicit SqliteArchiveStore(Database& database)
      : ids_(database),
        next_body_(database, "SELECT coalesce(max(id), 0) + 1 FROM archive_body"),
        newest_(database, "SELECT id, ordinal FROM archive_entry WHERE owner = ?1 ORDER BY id DESC LIMIT 1"),
        oldest_(database, "SELECT id, ordinal FROM archive_entry WHERE owner = ?1 ORDER BY id LIMIT 1"),
        add_body_(database,
                  "INSERT INTO archive_body (id, owners, stanza) VALUES (?1, 1, ?2) "
                  "ON CONFLICT (id) DO UPDATE SET owners = owners + 1"),
        append_(database,
                "INSERT INTO archive_entry (owner, id, ordinal, peer, resource, body) "
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
        replace_(database, "UPDATE archive_entry SET body = ?3 WHERE owner = ?1 AND id = ?2"),
        pages_{Statement(database, kPages[0]), Statement(database, kPages[1]), Statement(database, kPages[2]),
               Statement(database, kPages[3])},
        contains_(database, "SELECT 1 FROM archive_entry WHERE owner = ?1 AND id = ?2"),
        policy_(database, "SELECT otherwise FROM archive_policy WHERE owner = ?1"),
        exceptions_(database, "SELECT peer, archive FROM archive_exception WHERE owner = ?1 ORDER BY peer"),
        set_policy_(database, "INSERT OR REPLACE INTO archive_policy (owner, otherwise) VALUES (?1, ?2)"),
        add_exception_(database,
                       "INSERT OR REPLACE INTO archive_exception (owner, peer, archive) VALUES (?1, ?2, ?3)"),
        remove_(database,
                "DELETE FROM archive_entry WHERE owner = ?1 AND id IN "
                "(SELECT id FROM archive_entry WHERE owner = ?1 AND id < ?2 ORDER BY id LIMIT ?3)"),
        orphan_(database, "SELECT owner FROM archive_orphan LIMIT 1"),
        remove_orphan_(database, "DELETE FROM archive_orphan WHERE owner = ?1"),
        search_(database) {}

  BodyId next_body() override {
    Cursor row = next_body_.query();
    row.next();
    return row.integer(0);
  }

  ArchiveHead head(std::string_view owner) override {
    ArchiveHead head;
    const auto account = ids_.find(owner);
    if (!account) return head;
    head.last = end_of(newest_, *account).id;
    if (Cursor row = policy_.query(*account); row.next())
      head.preferences.otherwise = static_cast<ArchivePolicy>(row.integer(0));
    Cursor row = exceptions_.query(*account);
    while (row.next())
      (row.boolean(1) ? head.preferences.always : head.preferences.never).push_back(row.text(0));
    return head;
  }

  std::uint64_t append(std::string_view owner, const NewArchiveEntry& entry) override {
    const auto account = ids_.require(owner);
    add_body_.run(entry.body, entry.stanza);
    const std::int64_t ordinal = end_of(newest_, account).ordinal + 1;
    const PeerKey peer = key_of(entry.peer);
    append_.run(account, entry.id, ordinal, peer.bare, peer.resource, entry.body);
    if (entry.searchable) search_.add(account, entry.id);
    return static_cast<std::uint64_t>(ordinal);
  }

  void replace(std::string_view owner, ArchiveId id, BodyId body, std::string_view stanza) override {
    const auto account = ids_.find(owner);
    if (!account || !contains_.query(*account, id).next()) return;
    add_body_.run(body, stanza);
    replace_.run(*account, id, body);
  }

  ArchivePage page(std::string_view owner, const ArchiveQuery& query) override {
    ArchivePage page{.messages = {}, .complete = true};
    const auto account = ids_.find(owner);
    if (!account) return page;
    Cursor row = start(*account, query);
    std::size_t bytes = 0;
    while (row.next()) {
      const bool full = page.messages.size() == query.limit || bytes >= query.bytes;
      if (full) {
        page.complete = false;
        break;
      }
      page.messages.push_back({.id = row.integer(0), .stanza = row.text(1)});
      bytes += page.messages.back().stanza.size();
    }
    if (query.from_end) std::ranges::reverse(page.messages);
    return page;
  }

  bool contains(std::string_view owner, ArchiveId id) override {
    const auto account = ids_.find(owner);
    return account && contains_.query(*account, id).next();
  }

  std::optional<ArchiveBounds> bounds(std::string_view owner) override {
    const auto account = ids_.find(owner);
    if (!account) return std::nullopt;
    const ArchiveBounds bounds{.first = end_of(oldest_, *account).id, .last = end_of(newest_, *account).id};
    if (bounds.first == kNoArchiveId) return std::nullopt;
    return bounds;
  }

  std::vector<UnindexedMessage> unindexed(std::size_t limit) override { return search_.unindexed(limit); }
  void index(std::int64_t place, std::string_view text) override { search_.index(place, text); }

  void set_preferences(std::string_view owner, const ArchivePreferences& preferences) override {
    const auto account = ids_.require(owner);
    // The replaced row takes its exceptions with it.
    set_policy_.run(account, std::to_underlying(preferences.otherwise));
    for (const std::string& peer : preferences.always) add_exception_.run(account, peer, true);
    for (const std::string& peer : preferences.never) add_exception_.run(account, peer, false);
  }

  std::uint64_t remove_before(std::string_view owner, ArchiveId id, std::size_t limit) override {
    const auto account = ids_.find(owner);
    return account ? remove_.run(*account, id, limit) : 0;
  }

  std::uint64_t remove_all_but(std::string_view owner, std::uint64_t newest, std::size_t limit) override {
    const auto account = ids_.find(owner);
    if (!account) return 0;
    const auto kept = static_cast<std::int64_t>(newest);
    const std::int64_t held = end_of(newest_, *account).ordinal - end_of(oldest_, *account).ordinal + 1;
    if (held <= kept) return 0;
    return remove_.run(*account, kEndOfArchive, std::min(limit, static_cast<std::size_t>(held - kept)));
  }

  std::uint64_t remove_orphans(std::size_t limit) override {
    std::uint64_t removed = 0;
    while (removed < limit) {
      const auto owner = first_orphan();
      if (!owner) break;
      removed += remove_.run(*owner, kEndOfArchive, limit - removed);
      if (removed < limit) remove_orphan_.run(*owner);
    }
    return removed;
  }

 private:
  struct End {
    ArchiveId id = kNoArchiveId;
    std::int64_t ordinal = 0;
  };

  static End end_of(Statement& which, std::int64_t account) {
    Cursor row = which.query(account);
    if (!row.next()) return {};
    return {.id = row.integer(0), .ordinal = row.integer(1)};
  }

  // One more than asked for tells whether there is more.
  Cursor start(std::int64_t account, const ArchiveQuery& query) {
    const PeerKey peer = query.with ? key_of(*query.with) : PeerKey{};
    if (!query.text.empty()) return search_.find(account, query, peer);
    Statement& statement = pages_[(query.with ? 2U : 0U) + (query.from_end ? 1U : 0U)];
    const std::size_t rows = query.limit + 1;
    if (!query.with) return statement.query(account, query.after, query.before, rows);
    return statement.query(account, query.after, query.before, rows, peer.bare, peer.resource);
  }

  std::optional<std::int64_t> first_orphan() {
    Cursor row = orphan_.query();
    if (!row.next()) return std::nullopt;
    return row.integer(0);
  }

  AccountIds ids_;
  Statement next_body_;
  Statement newest_;
  Statement oldest_;
  Statement add_body_;
  Statement append_;
  Statement replace_;
  std::array<Statement, kPages.size()> pages_;
  Statement contains_;
  Statement policy_;
  Statement exceptions_;
  Statement set_policy_;
  Statement add_exception_;
  Statement remove_;
  Statement orphan_;
  Statement remove_orphan_;
  ArchiveSearch search_;
};

}  // namespace

std::unique_ptr<ArchiveStore> make_archive_store(Database& database) {
  return std::make_unique<SqliteArchiveStore>(database);
}

}  // namespace vestnik::storage::sqlite
