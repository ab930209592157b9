#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/storage/archive_store.h"
#include "core/storage/postgresql/column.h"
#include "core/storage/postgresql/statement.h"

namespace vestnik::storage::postgresql {

/// Entries of archives that go to the database together: one statement for all of a group's messages instead
/// of one for each, and a stanza that two of them share is sent once.
class ArchiveBatch final : public Gathered {
 public:
  explicit ArchiveBatch(Connection& connection);

  void add(std::string_view owner, std::int64_t ordinal, const NewArchiveEntry& entry);

  void send() override;
  void drop() noexcept override { rows_ = {}; }

 private:
  /// A column for each parameter of the statements.
  struct Rows {
    std::unordered_map<BodyId, std::size_t> places;  ///< of bodies, in the columns of these
    std::vector<std::int64_t> shares;                ///< entries that have it, by its place
    std::size_t bytes = 0;                           ///< of stanzas
    Column bodies{Column::Type::number};
    Column stanzas{Column::Type::text};

    Column owners{Column::Type::text};
    Column ids{Column::Type::number};
    Column ordinals{Column::Type::number};
    Column peers{Column::Type::number};
    Column resources{Column::Type::number};
    Column body_of{Column::Type::number};

    Column searchable_owners{Column::Type::text};
    Column searchable_ids{Column::Type::number};
  };

  void add_body(BodyId id, std::string_view stanza);

  Connection& connection_;
  Statement append_;
  Statement line_up_;
  Rows rows_;
};

}  // namespace vestnik::storage::postgresql
