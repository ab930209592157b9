#include "core/storage/postgresql/archive_batch.h"

#include <utility>

#include "core/storage/peer_key.h"

namespace vestnik::storage::postgresql {
namespace {

// Enough to share the cost of a statement, and few enough that the server begins while the rest is gathered.
constexpr std::size_t kMostRows = 512;
constexpr std::size_t kMostBytes = std::size_t{256} << 10;

}  // namespace

ArchiveBatch::ArchiveBatch(Connection& connection)
    : connection_(connection),
      append_(
          connection,
          "WITH body AS (INSERT INTO archive_body (id, owners, stanza) "
          "SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[]) "
          "ON CONFLICT (id) DO UPDATE SET owners = archive_body.owners + excluded.owners) "
          "INSERT INTO archive_entry (owner, id, ordinal, peer, resource, body) "
          "SELECT (SELECT id FROM account WHERE jid = given.owner), given.id, ordinal, peer, resource, body "
          "FROM unnest($4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[]) "
          "AS given (owner, id, ordinal, peer, resource, body)"),
      line_up_(connection,
               "INSERT INTO archive_unindexed (owner, id) "
               "SELECT (SELECT id FROM account WHERE jid = given.owner), given.id "
               "FROM unnest($1::text[], $2::bigint[]) AS given (owner, id)") {}

void ArchiveBatch::add(std::string_view owner, std::int64_t ordinal, const NewArchiveEntry& entry) {
  if (rows_.ids.size() == 0) connection_.gather(*this);
  const PeerKey peer = key_of(entry.peer);
  add_body(entry.body, entry.stanza);
  rows_.owners.add(owner);
  rows_.ids.add(entry.id);
  rows_.ordinals.add(ordinal);
  rows_.peers.add(peer.bare);
  rows_.resources.add(peer.resource);
  rows_.body_of.add(entry.body);
  if (entry.searchable) {
    rows_.searchable_owners.add(owner);
    rows_.searchable_ids.add(entry.id);
  }
  if (rows_.ids.size() >= kMostRows || rows_.bytes >= kMostBytes) connection_.send_gathered();
}

void ArchiveBatch::add_body(BodyId id, std::string_view stanza) {
  const auto [place, added] = rows_.places.try_emplace(id, rows_.shares.size());
  if (!added) {
    ++rows_.shares[place->second];
    return;
  }
  rows_.shares.push_back(1);
  rows_.bodies.add(id);
  rows_.stanzas.add(stanza);
  rows_.bytes += stanza.size();
}

void ArchiveBatch::send() {
  Rows rows = std::exchange(rows_, {});
  Column shares(Column::Type::number);
  for (const std::int64_t number : rows.shares) shares.add(number);
  append_.run(rows.bodies.parameter(), shares.parameter(), rows.stanzas.parameter(), rows.owners.parameter(),
              rows.ids.parameter(), rows.ordinals.parameter(), rows.peers.parameter(),
              rows.resources.parameter(), rows.body_of.parameter());
  if (rows.searchable_ids.size() != 0)
    line_up_.run(rows.searchable_owners.parameter(), rows.searchable_ids.parameter());
}

}  // namespace vestnik::storage::postgresql
