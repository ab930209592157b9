#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/storage/error.h"
#include "core/storage/stores.h"
#include "proto/xep/mam.h"
#include "shard/feature/iq_request.h"
#include "shard/session/session.h"

namespace vestnik::features {

/// XEP-0313 §5
void answer_metadata(IqRequest& request);

/// Answers queries of archives (XEP-0313 §4): one at a time for each session, in order, and the next page is
/// read only when the client has the last one, so that no session has more than one page in memory.
class ArchiveQueries : public std::enable_shared_from_this<ArchiveQueries> {
 public:
  ArchiveQueries(Shard& shard, mam::TextSearch search) : shard_(shard), search_(search) {}

  void ask(IqRequest& request);
  /// The session has ended.
  void forget(const Session& session) { lines_.erase(session.id()); }

 private:
  struct Asked {
    mam::Query query;
    IqReply reply;
  };
  /// What the store is asked.
  struct Lookup {
    std::string owner;
    std::vector<storage::ArchiveId> must_exist;
    std::optional<std::vector<storage::ArchiveId>> only;  ///< these ids, ascending
    storage::ArchiveQuery range;
  };
  /// The queries of a session, by its id; the first one is being answered.
  using Lines = std::map<std::uint64_t, std::deque<Asked>>;

  void start(Session& session);
  std::optional<Lookup> lookup_for(const Account& account, const mam::Query& query);
  static std::optional<storage::ArchivePage> read(storage::Stores& stores, const Lookup& lookup);
  static storage::ArchivePage read_single(storage::ArchiveStore& store, const Lookup& lookup);
  void answer(const Jid& jid, std::uint64_t session_id, const storage::ArchiveQuery& range,
              Result<std::optional<storage::ArchivePage>, storage::Error> page);
  std::string fin_of(const Jid& jid, const storage::ArchivePage& page);
  void send_page(Session& session, const mam::Query& query, std::vector<storage::ArchivedMessage> messages);
  void next(const Jid& jid, std::uint64_t session_id);
  Session* find(const Jid& jid, std::uint64_t session_id);
  static void note_served(Session& session, const mam::Query& query, const storage::ArchiveQuery& range,
                          const storage::ArchivePage& page);

  Shard& shard_;
  mam::TextSearch search_;
  Lines lines_;
};

}  // namespace vestnik::features
