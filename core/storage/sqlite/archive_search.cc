#include "core/storage/sqlite/archive_search.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string>

namespace vestnik::storage::sqlite {
namespace {

std::string find_sql(std::string_view order) {
  return fmt::format(
      "SELECT entry.id, stanza FROM archive_text AS found "
      "CROSS JOIN archive_entry AS entry CROSS JOIN archive_body AS body "
      "WHERE archive_text MATCH ?7 AND found.id > ?2 AND found.id < ?3 "
      "AND entry.owner = ?1 AND entry.id = found.id AND body.id = entry.body "
      "AND (?5 IS NULL OR peer = ?5 AND (?6 = 0 OR resource = ?6)) ORDER BY entry.id {} LIMIT ?4",
      order);
}

// Owners are words too. One that a text could contain would be a word of another column.
std::string word_of(std::int64_t owner) { return fmt::format("a{}", owner); }

// Between quotes nothing but a quote has a meaning to FTS5.
std::string quoted(std::string_view word) {
  std::string text = "\"";
  for (const char c : word) text.append(c == '"' ? 2 : 1, c);
  return text + '"';
}

// An expression of FTS5: all of the words.
std::string expression(std::int64_t owner, std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  std::vector<std::string> words;
  for (std::size_t at = 0; (at = text.find_first_not_of(kSpace, at)) != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kSpace, at), text.size());
    words.push_back(quoted(text.substr(at, end - at)));
    at = end;
  }
  if (words.empty()) words.push_back(quoted(""));
  return fmt::format("owner : {} AND text : ({})", word_of(owner), fmt::join(words, " AND "));
}

}  // namespace

ArchiveSearch::ArchiveSearch(Database& database)
    : add_(database, "INSERT INTO archive_unindexed (owner, id) VALUES (?1, ?2)"),
      waiting_(database,
               "SELECT place, stanza FROM archive_unindexed AS line "
               "LEFT JOIN archive_entry AS entry ON entry.owner = line.owner AND entry.id = line.id "
               "LEFT JOIN archive_body AS body ON body.id = entry.body ORDER BY place LIMIT ?1"),
      place_(database, "SELECT owner, id FROM archive_unindexed WHERE place = ?1"),
      leave_(database, "DELETE FROM archive_unindexed WHERE place = ?1"),
      note_(database, "INSERT INTO archive_indexed (owner, id, place) VALUES (?1, ?2, ?3)"),
      insert_(database, "INSERT INTO archive_text (rowid, owner, text, id) VALUES (?1, ?2, ?3, ?4)"),
      forwards_(database, find_sql("ASC")),
      backwards_(database, find_sql("DESC")) {}

std::vector<UnindexedMessage> ArchiveSearch::unindexed(std::size_t limit) {
  std::vector<UnindexedMessage> messages;
  Cursor row = waiting_.query(limit);
  while (row.next()) messages.push_back({.place = row.integer(0), .stanza = row.text(1)});
  return messages;
}

void ArchiveSearch::index(std::int64_t place, std::string_view text) {
  struct Message {
    std::int64_t owner;
    ArchiveId id;
  };
  std::optional<Message> message;
  if (Cursor row = place_.query(place); row.next()) message = {row.integer(0), row.integer(1)};
  if (!message) return;
  leave_.run(place);
  if (text.empty()) return;
  note_.run(message->owner, message->id, place);
  insert_.run(place, word_of(message->owner), text, message->id);
}

Cursor ArchiveSearch::find(std::int64_t owner, const ArchiveQuery& query, const PeerKey& peer) {
  Statement& statement = query.from_end ? backwards_ : forwards_;
  const auto bare = query.with ? std::optional(peer.bare) : std::nullopt;
  expression_ = expression(owner, query.text);
  return statement.query(owner, query.after, query.before, query.limit + 1, bare, peer.resource, expression_);
}

}  // namespace vestnik::storage::sqlite
