#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/storage/archive_store.h"
#include "core/storage/peer_key.h"
#include "core/storage/sqlite/statement.h"

namespace vestnik::storage::sqlite {

/// The part of the archives that finds messages by their words (FTS5).
class ArchiveSearch {
 public:
  explicit ArchiveSearch(Database& database);

  /// Puts a message at the end of the line.
  void add(std::int64_t owner, ArchiveId id) { add_.run(owner, id); }
  std::vector<UnindexedMessage> unindexed(std::size_t limit);
  void index(std::int64_t place, std::string_view text);

  /// Rows (id, stanza) of what `query` asks for, one more than its limit; `peer` stands for its `with`. Words
  /// are what stands between spaces; what is none finds nothing.
  Cursor find(std::int64_t owner, const ArchiveQuery& query, const PeerKey& peer);

 private:
  Statement add_;
  Statement waiting_;
  Statement place_;
  Statement leave_;
  Statement note_;
  Statement insert_;
  Statement forwards_;
  Statement backwards_;
  std::string expression_;  ///< of the search that is under way
};

}  // namespace vestnik::storage::sqlite
