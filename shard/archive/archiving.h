#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "core/storage/stores.h"
#include "proto/jid/jid.h"
#include "proto/stanza/stanza.h"

namespace vestnik {

class Account;
class Shard;

/// What the features that deliver, copy and store messages have to know about archives (XEP-0313). A message
/// carries what archives have of it (Stanza::archive()), set by features/archive. The shard's thread only,
/// ArchiveWrite excepted.
namespace archiving {

/// A number for content that no archive has yet.
storage::BodyId next_body(Shard& shard);

/// `<stanza-id/>` (XEP-0359) of a message in this account's archive, serialised. Every copy that the
/// account's clients get has it, and none that leaves for anybody else.
std::string stanza_id(Shard& shard, std::string_view owner, storage::ArchiveId id);

/// Whether the account wants to have its messages from and to `peer` archived (XEP-0441).
bool wanted(Account& account, JidView peer);

}  // namespace archiving

/// The part of a storage job that puts a message into an archive: values only, so that it can be moved to the
/// storage's thread.
class ArchiveWrite {
 public:
  /// For a message on its way out, as its sender's shard has it.
  static ArchiveWrite sent(Account& account, const Stanza& message);
  /// For one that has come in and has the account's stanza_id().
  static ArchiveWrite received(Account& account, const Stanza& message);

  /// On the storage's thread; may be called again after a roll-back.
  void perform(storage::Stores& stores) const;
  /// Roughly what this keeps in memory.
  std::size_t bytes() const { return sizeof(*this) + owner_.size() + stanza_.size(); }

 private:
  ArchiveWrite(Account& account, const ArchiveNote& note, JidView peer, std::string stanza);

  std::string owner_;
  Jid peer_;
  storage::ArchiveId id_;
  storage::BodyId body_;
  std::string stanza_;
  std::uint32_t quota_;  ///< messages that the archive may hold; 0: any number
  bool searchable_;
};

}  // namespace vestnik
