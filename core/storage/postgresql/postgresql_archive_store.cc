#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/storage/peer_key.h"
#include "core/storage/postgresql/archive_batch.h"
#include "core/storage/postgresql/postgresql_stores.h"

namespace vestnik::storage::postgresql {
namespace {

// Archives whose next ordinal is remembered.
constexpr std::size_t kMostOrdinals = 100'000;

// The four ways through an archive: all or one peer's messages, forwards or backwards.
std::string page_query(bool of_peer, bool from_end) {
  return fmt::format(
      "SELECT entry.id, stanza FROM archive_entry AS entry JOIN archive_body AS body ON body.id = entry.body "
      "WHERE owner = (SELECT id FROM account WHERE jid = $1) AND entry.id > $2 AND entry.id < $3{} "
      "ORDER BY entry.id{} LIMIT $4",
      of_peer ? " AND peer = $5 AND ($6::bigint = 0 OR resource = $6)" : "", from_end ? " DESC" : "");
}

// The messages with certain words, all or one peer's.
std::string search_query(bool from_end) {
  return fmt::format(
      "SELECT entry.id, stanza FROM archive_indexed AS found "
      "JOIN archive_entry AS entry ON entry.owner = found.owner AND entry.id = found.id "
      "JOIN archive_body AS body ON body.id = entry.body "
      "WHERE found.owner = (SELECT id FROM account WHERE jid = $1) AND found.id > $2 AND found.id < $3 "
      "AND words @@ archive_query((SELECT id FROM account WHERE jid = $1), $5) "
      "AND ($6::bigint IS NULL OR peer = $6 AND ($7::bigint = 0 OR resource = $7)) "
      "ORDER BY entry.id{} LIMIT $4",
      from_end ? " DESC" : "");
}

// Parts of a statement: one less has the bodies of `gone`; those whom nobody has go.
constexpr std::string_view kLetGoOfBodies =
    "shared AS (UPDATE archive_body SET owners = owners - 1 "
    "WHERE id IN (SELECT body FROM gone) AND owners > 1), "
    "unshared AS (DELETE FROM archive_body WHERE id IN (SELECT body FROM gone) AND owners = 1), "
    "unsearched AS (DELETE FROM archive_indexed WHERE (owner, id) IN (SELECT owner, id FROM gone))";

// Deletes the entries that `which` selects by owner and id, with the bodies that nobody else has, and tells
// how many those were.
std::string removal(std::string_view which) {
  return fmt::format(
      "WITH gone AS (DELETE FROM archive_entry WHERE (owner, id) IN ({}) RETURNING owner, id, body), {} "
      "SELECT count(*) FROM gone",
      which, kLetGoOfBodies);
}

class PostgresqlArchiveStore final : public ArchiveStore {
 public:
  explicit PostgresqlArchiveStore(Connection& connection)
      : connection_(connection),
        next_body_(connection, "SELECT coalesce(max(id), 0) + 1 FROM archive_body"),
        last_(connection,
              "SELECT id, ordinal FROM archive_entry "
              "WHERE owner = (SELECT id FROM account WHERE jid = $1) ORDER BY id DESC LIMIT 1"),
        first_(connection,
               "SELECT id, ordinal FROM archive_entry "
               "WHERE owner = (SELECT id FROM account WHERE jid = $1) ORDER BY id LIMIT 1"),
        batch_(connection),
        replace_(connection,
                 fmt::format("WITH gone AS (SELECT owner, id, body FROM archive_entry "
                             "WHERE owner = (SELECT id FROM account WHERE jid = $1) AND id = $2), "
                             "fresh AS (INSERT INTO archive_body (id, owners, stanza) "
                             "SELECT $3::bigint, 1, $4::text FROM gone), {} "
                             "UPDATE archive_entry AS entry SET body = $3 FROM gone "
                             "WHERE entry.owner = gone.owner AND entry.id = gone.id",
                             kLetGoOfBodies)),
        pages_{Statement(connection, page_query(false, false)),
               Statement(connection, page_query(false, true)), Statement(connection, page_query(true, false)),
               Statement(connection, page_query(true, true))},
        searches_{Statement(connection, search_query(false)), Statement(connection, search_query(true))},
        unindexed_(connection,
                   "SELECT place, stanza FROM archive_unindexed AS line "
                   "LEFT JOIN archive_entry AS entry ON entry.owner = line.owner AND entry.id = line.id "
                   "LEFT JOIN archive_body AS body ON body.id = entry.body ORDER BY place LIMIT $1"),
        index_(connection,
               "WITH first AS (DELETE FROM archive_unindexed WHERE place = $1 RETURNING owner, id) "
               "INSERT INTO archive_indexed (owner, id, words) "
               "SELECT owner, id, archive_vector(owner, $2) FROM first WHERE $2 <> ''"),
        contains_(connection,
                  "SELECT 1 FROM archive_entry "
                  "WHERE owner = (SELECT id FROM account WHERE jid = $1) AND id = $2"),
        policy_(connection,
                "SELECT otherwise FROM archive_policy WHERE owner = (SELECT id FROM account WHERE jid = $1)"),
        exceptions_(connection,
                    "SELECT peer, archive FROM archive_exception "
                    "WHERE owner = (SELECT id FROM account WHERE jid = $1) ORDER BY peer"),
        set_policy_(connection,
                    "INSERT INTO archive_policy (owner, otherwise) "
                    "VALUES ((SELECT id FROM account WHERE jid = $1), $2) "
                    "ON CONFLICT (owner) DO UPDATE SET otherwise = excluded.otherwise"),
        clear_exceptions_(
            connection,
            "DELETE FROM archive_exception WHERE owner = (SELECT id FROM account WHERE jid = $1)"),
        add_exception_(connection,
                       "INSERT INTO archive_exception (owner, peer, archive) "
                       "VALUES ((SELECT id FROM account WHERE jid = $1), $2, $3) "
                       "ON CONFLICT (owner, peer) DO UPDATE SET archive = excluded.archive"),
        remove_(connection, removal("SELECT owner, id FROM archive_entry "
                                    "WHERE owner = (SELECT id FROM account WHERE jid = $1) AND id < $2 "
                                    "ORDER BY id LIMIT $3")),
        remove_orphaned_(connection, removal("SELECT owner, id FROM archive_entry WHERE owner IN "
                                             "(SELECT owner FROM archive_orphan ORDER BY owner LIMIT 1) "
                                             "ORDER BY id LIMIT $1")),
        remove_orphan_(connection,
                       "DELETE FROM archive_orphan WHERE owner IN "
                       "(SELECT owner FROM archive_orphan ORDER BY owner LIMIT 1)") {}

  BodyId next_body() override {
    Rows row = next_body_.query();
    row.next();
    return row.integer(0);
  }

  ArchiveHead head(std::string_view owner) override {
    ArchiveHead head;
    Rows last = last_.query(owner);
    Rows policy = policy_.query(owner);
    Rows exception = exceptions_.query(owner);
    if (last.next()) head.last = last.integer(0);
    if (policy.next()) head.preferences.otherwise = static_cast<ArchivePolicy>(policy.integer(0));
    while (exception.next()) {
      auto& peers = exception.boolean(1) ? head.preferences.always : head.preferences.never;
      peers.push_back(exception.text(0));
    }
    return head;
  }

  std::uint64_t append(std::string_view owner, const NewArchiveEntry& entry) override {
    const std::int64_t ordinal = next_ordinal(owner);
    batch_.add(owner, ordinal, entry);
    return static_cast<std::uint64_t>(ordinal);
  }

  void replace(std::string_view owner, ArchiveId id, BodyId body, std::string_view stanza) override {
    replace_.run(owner, id, body, stanza);
  }

  ArchivePage page(std::string_view owner, const ArchiveQuery& query) override {
    ArchivePage page{.messages = {}, .complete = true};
    Rows row = start(owner, query);
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

  bool contains(std::string_view owner, ArchiveId id) override { return contains_.query(owner, id).next(); }

  std::optional<ArchiveBounds> bounds(std::string_view owner) override {
    Rows first = first_.query(owner);
    Rows last = last_.query(owner);
    if (!first.next() || !last.next()) return std::nullopt;
    return ArchiveBounds{.first = first.integer(0), .last = last.integer(0)};
  }

  std::vector<UnindexedMessage> unindexed(std::size_t limit) override {
    std::vector<UnindexedMessage> messages;
    Rows row = unindexed_.query(limit);
    while (row.next()) messages.push_back({.place = row.integer(0), .stanza = row.text(1)});
    return messages;
  }

  void index(std::int64_t place, std::string_view text) override { index_.run(place, text); }

  void set_preferences(std::string_view owner, const ArchivePreferences& preferences) override {
    set_policy_.run(owner, static_cast<int>(preferences.otherwise));
    clear_exceptions_.run(owner);
    for (const std::string& peer : preferences.always) add_exception_.run(owner, peer, true);
    for (const std::string& peer : preferences.never) add_exception_.run(owner, peer, false);
  }

  std::uint64_t remove_before(std::string_view owner, ArchiveId id, std::size_t limit) override {
    return count_of(remove_.query(owner, id, limit));
  }

  std::uint64_t remove_all_but(std::string_view owner, std::uint64_t newest, std::size_t limit) override {
    Rows first = first_.query(owner);
    Rows last = last_.query(owner);
    if (!first.next() || !last.next()) return 0;
    const auto kept = static_cast<std::int64_t>(newest);
    const std::int64_t held = last.integer(1) - first.integer(1) + 1;
    if (held <= kept) return 0;
    return remove_before(owner, kEndOfArchive, std::min(limit, static_cast<std::size_t>(held - kept)));
  }

  std::uint64_t remove_orphans(std::size_t limit) override {
    std::uint64_t removed = 0;
    while (removed < limit) {
      removed += count_of(remove_orphaned_.query(limit - removed));
      if (removed < limit && remove_orphan_.changed() == 0) break;
    }
    return removed;
  }

 private:
  // Of the next message. Asked of the database once: this is the only connection that writes. What is undone
  // there makes what is remembered here worthless.
  std::int64_t next_ordinal(std::string_view owner) {
    if (std::exchange(undone_, connection_.undone()) != connection_.undone() ||
        ordinals_.size() >= kMostOrdinals)
      ordinals_.clear();
    const auto [known, added] = ordinals_.try_emplace(std::string(owner), 0);
    if (added) {
      Rows last = last_.query(owner);
      if (last.next()) known->second = last.integer(1);
    }
    return ++known->second;
  }

  // One more than asked for tells whether there is more.
  Rows start(std::string_view owner, const ArchiveQuery& query) {
    const std::size_t rows = query.limit + 1;
    const PeerKey peer = query.with ? key_of(*query.with) : PeerKey{};
    const auto bare = query.with ? std::optional(peer.bare) : std::nullopt;
    if (!query.text.empty()) {
      return searches_[query.from_end ? 1 : 0].query(owner, query.after, query.before, rows, query.text, bare,
                                                     peer.resource);
    }
    Statement& statement = pages_[(query.with ? 2U : 0U) + (query.from_end ? 1U : 0U)];
    if (!query.with) return statement.query(owner, query.after, query.before, rows);
    return statement.query(owner, query.after, query.before, rows, peer.bare, peer.resource);
  }

  static std::uint64_t count_of(Rows row) { return row.next() ? row.count(0) : 0; }

  Connection& connection_;
  Statement next_body_;
  Statement last_;
  Statement first_;
  ArchiveBatch batch_;
  Statement replace_;
  std::array<Statement, 4> pages_;
  std::array<Statement, 2> searches_;
  Statement unindexed_;
  Statement index_;
  Statement contains_;
  Statement policy_;
  Statement exceptions_;
  Statement set_policy_;
  Statement clear_exceptions_;
  Statement add_exception_;
  Statement remove_;
  Statement remove_orphaned_;
  Statement remove_orphan_;
  std::unordered_map<std::string, std::int64_t> ordinals_;  ///< the last one given out, by owner
  std::uint64_t undone_ = 0;
};

}  // namespace

std::unique_ptr<ArchiveStore> make_archive_store(Connection& connection) {
  return std::make_unique<PostgresqlArchiveStore>(connection);
}

}  // namespace vestnik::storage::postgresql
