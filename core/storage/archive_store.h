#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/storage/unix_millis.h"
#include "proto/jid/jid.h"
#include "proto/xep/archive_preferences.h"

namespace vestnik::storage {

/// Names a message within one archive: the microseconds since 1970 at which it was taken in, raised where
/// that is needed to make it greater than all earlier ones of the archive. Never given out twice.
using ArchiveId = std::int64_t;
inline constexpr ArchiveId kNoArchiveId = 0;
inline constexpr ArchiveId kEndOfArchive = std::numeric_limits<ArchiveId>::max();

/// When the message of this id was taken in.
inline UnixMillis received_at(ArchiveId id) {
  return std::chrono::floor<std::chrono::milliseconds>(
      std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds(id)));
}

/// Names a stanza within one storage, whoever archives it. Bodies are numbered in the order in which they
/// came, or nearly so.
using BodyId = std::int64_t;
inline constexpr BodyId kNoBody = 0;

/// A message for an archive.
struct NewArchiveEntry {
  ArchiveId id = kNoArchiveId;  ///< greater than all of this archive
  BodyId body = kNoBody;        ///< of the stanza
  JidView peer;                 ///< whom it came from or was sent to
  /// In `jabber:client` form, the same for all archives that are given this body: they share one copy.
  std::string_view stanza;
  bool searchable = false;  ///< searches shall find it, some time later (ArchiveStore::unindexed)
};

/// Which messages of an archive are asked for; the bounds are not part of it.
struct ArchiveQuery {
  ArchiveId after = kNoArchiveId;
  ArchiveId before = kEndOfArchive;
  std::optional<Jid> with;  ///< the peer: any of its resources when bare, exactly this one when full
  std::string text = {};    ///< all of these words are in its text; empty: whatever its text
  bool from_end = false;    ///< if not all fit, the last ones instead of the first
  std::size_t limit = 0;    ///< messages at most
  std::size_t bytes = std::numeric_limits<std::size_t>::max();  ///< of stanzas, about; one comes in any case
};

/// A message as an archive gives it back.
struct ArchivedMessage {
  ArchiveId id = kNoArchiveId;
  std::string stanza;

  friend bool operator==(const ArchivedMessage&, const ArchivedMessage&) = default;
};

/// A message that is to be found by its text, and is not yet.
struct UnindexedMessage {
  std::int64_t place = 0;  ///< in the line of these; ascending
  std::string stanza;      ///< empty if the archive has dropped it since
};

/// What a query has found.
struct ArchivePage {
  std::vector<ArchivedMessage> messages;  ///< by ascending id
  bool complete = false;                  ///< nothing else matches the query
};

/// The ends of an archive.
struct ArchiveBounds {
  ArchiveId first = kNoArchiveId;
  ArchiveId last = kNoArchiveId;

  friend bool operator==(const ArchiveBounds&, const ArchiveBounds&) = default;
};

/// What an account needs in memory to have its messages archived.
struct ArchiveHead {
  ArchiveId last = kNoArchiveId;  ///< the newest, or an older one if that has been deleted
  ArchivePreferences preferences;
};

/// Message archives (XEP-0313); conventions as in AccountStore. Messages go from the old end only, so that no
/// archive has holes. The archive of an account that is deleted is out of everybody's reach at once, and its
/// rows go with remove_orphans().
class ArchiveStore {
 public:
  virtual ~ArchiveStore() = default;

  /// Greater than the id of any body.
  virtual BodyId next_body() = 0;
  virtual ArchiveHead head(std::string_view owner) = 0;

  /// Gives back how many messages the archive has been given so far, this one included.
  virtual std::uint64_t append(std::string_view owner, const NewArchiveEntry& entry) = 0;

  /// Puts other content in the place of a message's, in this archive only; `body` must be new. Searches do
  /// not find the message any more. No such message: nothing happens.
  virtual void replace(std::string_view owner, ArchiveId id, BodyId body, std::string_view stanza) = 0;

  virtual ArchivePage page(std::string_view owner, const ArchiveQuery& query) = 0;
  virtual bool contains(std::string_view owner, ArchiveId id) = 0;
  /// None of an empty archive.
  virtual std::optional<ArchiveBounds> bounds(std::string_view owner) = 0;

  virtual void set_preferences(std::string_view owner, const ArchivePreferences& preferences) = 0;

  /// Full-text search is filled in steps behind the writes that it must not slow down: what was appended as
  /// searchable stands in a line, the oldest first, until it is given its text (which may be empty).
  virtual std::vector<UnindexedMessage> unindexed(std::size_t limit) = 0;
  virtual void index(std::int64_t place, std::string_view text) = 0;

  /// Deletions in small steps, which let other writes pass: each deletes up to `limit` of the oldest messages
  /// and tells how many those were, to be repeated while it is `limit`. Takes time for what is deleted, not
  /// for what is kept.
  virtual std::uint64_t remove_before(std::string_view owner, ArchiveId id, std::size_t limit) = 0;
  virtual std::uint64_t remove_all_but(std::string_view owner, std::uint64_t newest, std::size_t limit) = 0;
  virtual std::uint64_t remove_orphans(std::size_t limit) = 0;
};

}  // namespace vestnik::storage
