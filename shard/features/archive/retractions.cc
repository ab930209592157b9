#include "shard/features/archive/retractions.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "proto/xep/retraction.h"
#include "shard/archive/archiving.h"

namespace vestnik::features {
namespace {

// Messages that are looked through, and how many of them at a time.
constexpr std::size_t kLookBack = 2'000;
constexpr std::size_t kPage = 100;

// What is looked for, and what then takes its place.
struct Search {
  std::string owner;
  Jid peer;
  storage::ArchiveId before;
  std::string author;
  std::string id;
};

struct Found {
  storage::ArchiveId id;
  Stanza message;
};

// On the storage's thread.
std::optional<Found> find(storage::ArchiveStore& archive, const Search& search) {
  storage::ArchiveQuery query{.before = search.before, .with = search.peer, .from_end = true, .limit = kPage};
  for (std::size_t seen = 0; seen < kLookBack; seen += kPage) {
    const auto page = archive.page(search.owner, query);
    for (auto message = page.messages.rbegin(); message != page.messages.rend(); ++message) {
      auto stanza = Stanza::from_stored(message->stanza);
      if (stanza && retraction::concerns(*stanza, search.author, search.id))
        return Found{.id = message->id, .message = std::move(*stanza)};
    }
    if (page.complete) break;
    query.before = page.messages.front().id;
  }
  return std::nullopt;
}

void report(Shard& shard, const Jid& owner, const storage::Error& error) {
  shard.log().error("archive.not_retracted", {{"account", owner}, {"error", error.text}});
}

void replace(Account& account, storage::ArchiveId id, std::string tombstone) {
  Shard& shard = account.shard();
  const std::size_t bytes = tombstone.size();
  shard.write(
      account, bytes,
      [owner = account.jid().full(), id, body = archiving::next_body(shard),
       tombstone = std::move(tombstone)](storage::Stores& stores) {
        stores.archive().replace(owner, id, body, tombstone);
      },
      [&shard, owner = account.jid()](const auto& result) {
        if (!result) report(shard, owner, result.error());
      });
}

}  // namespace

void leave_tombstone(Account& account, const Stanza& retraction, JidView peer) {
  Shard& shard = account.shard();
  const DocumentLease tree(shard, retraction.wire());
  Search search{.owner = account.jid().full(),
                .peer = Jid(peer.to_bare()),
                .before = retraction.archive().id,
                .author = std::string(retraction.from().bare()),
                .id = std::string(retraction::retracted_id(tree.root()))};
  if (search.id.empty()) return;
  shard.read(
      account,
      [search = std::move(search)](storage::Stores& stores) { return find(stores.archive(), search); },
      [&shard, owner = account.jid(), by = std::string(retraction.id()), when = shard.reactor().wall_now(),
       receipt = std::make_shared<Receipt>(shard.receipts().part())](
          Result<std::optional<Found>, storage::Error> found) {
        if (!found) return report(shard, owner, found.error());
        if (!*found) return;
        const std::string tombstone(retraction::tombstone((*found)->message, by, when).wire());
        shard.with_account(owner, [&shard, receipt, tombstone, id = (*found)->id](Account* loaded) {
          const ReceiptScope scope(shard.receipts(), std::move(*receipt));
          if (loaded != nullptr) replace(*loaded, id, tombstone);
        });
      });
}

}  // namespace vestnik::features
