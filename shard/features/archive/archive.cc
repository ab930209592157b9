// XEP-0313 and XEP-0441: keeps what users send and get, and XEP-0359: tells them under which id.
#include <algorithm>
#include <memory>
#include <utility>

#include "proto/xep/mam.h"
#include "proto/xep/retraction.h"
#include "proto/xml/ns.h"
#include "shard/archive/archiving.h"
#include "shard/features/archive/indexer.h"
#include "shard/features/archive/preferences.h"
#include "shard/features/archive/queries.h"
#include "shard/features/archive/retractions.h"
#include "shard/features/archive/sweeper.h"
#include "shard/features/list.h"
#include "shard/session/stamps.h"
#include "shard/shard.h"

namespace vestnik::features {
namespace {

constexpr std::string_view kExtended = "urn:xmpp:mam:2#extended";
constexpr std::string_view kGroupchatField = "urn:xmpp:mam:2#groupchat-field";
constexpr std::string_view kStanzaIds = "urn:xmpp:sid:0";
constexpr std::string_view kTombstones = "urn:xmpp:message-retract:1#tombstone";
constexpr std::string_view kFullText = "urn:xmpp:fulltext:0";

// Behind blocking (0), before everything that stores or copies messages: they need the ids.
constexpr int kOrder = 50;

class Archive : public std::enable_shared_from_this<Archive> {
 public:
  /// `indexer`: none if archives are not to be searchable.
  Archive(Shard& shard, std::shared_ptr<ArchiveIndexer> indexer)
      : shard_(shard), indexer_(std::move(indexer)) {}

  // The sender's side, before the message goes to the shard of its addressee (RULES 1).
  Verdict outbound(Session& session, Stanza& stanza) {
    Account& account = session.account();
    if (!mam::worth_archiving(stanza) || !archiving::wanted(account, stanza.to())) return Verdict::pass;
    if (!shard_.accepts_for_storing(stanza)) return Verdict::handled;
    // One to oneself is in the archive by this; it only has to be delivered yet.
    const bool to_self = stanza.to().bare() == account.jid().full();
    stanza.set_archive({.body = archiving::next_body(shard_),
                        .id = next_id(account),
                        .stored = to_self,
                        .searchable = is_searchable(stanza)});
    write(account, ArchiveWrite::sent(account, stanza), stanza);
    follow_up(account, stanza, stanza.to());
    return Verdict::pass;
  }

  // The addressee's side, before anybody gets it. It is written when it is known to be delivered: what is
  // refused does not belong into an archive (§6.1).
  Verdict inbound(Account& account, Stanza& stanza) {
    if (!stanza.is_message()) return Verdict::pass;
    ArchiveNote note = stanza.archive();
    strip_forged_stamps_for(shard_, stanza, account.jid().full());
    if (!note.stored) {
      note.id = storage::kNoArchiveId;
      if (mam::worth_archiving(stanza) && archiving::wanted(account, stanza.from())) {
        if (!shard_.accepts_for_storing(stanza)) return Verdict::handled;
        note.id = next_id(account);
        note.searchable = is_searchable(stanza);
      }
    }
    if (note.id != storage::kNoArchiveId) {
      const std::string stamp = archiving::stanza_id(shard_, account.jid().full(), note.id);
      note.stamp_at = static_cast<std::uint32_t>(stanza.payload().size());
      note.stamp_size = static_cast<std::uint32_t>(stamp.size());
      stanza = stanza.with_appended(stamp);
    }
    stanza.set_archive(note);
    if (note.id != storage::kNoArchiveId) shard_.receipts().mark_secured();
    return Verdict::pass;
  }

  // What no session took is written by who keeps it, in one transaction with the mark that says so.
  void accepted(Account& account, Stanza& message, const Reach& reach) {
    ArchiveNote note = message.archive();
    const bool own = message.from().bare() == account.jid().full();
    if (note.id == storage::kNoArchiveId || own) return;
    const bool reached = reach.all || reach.only != nullptr;
    if (reached && !note.stored) {
      write(account, ArchiveWrite::received(account, message), message);
      note.stored = true;  // it may still come back, from a client that never took it
      message.set_archive(note);
    }
    follow_up(account, message, message.from());
  }

 private:
  // Strictly increasing, whatever the clock does.
  storage::ArchiveId next_id(Account& account) {
    const auto now = std::chrono::floor<std::chrono::microseconds>(shard_.reactor().wall_now());
    storage::ArchiveId& last = account.archive()->last;
    return last = std::max(last + 1, storage::ArchiveId{now.time_since_epoch().count()});
  }

  bool is_searchable(const Stanza& message) const {
    return indexer_ != nullptr && message.has(Mark::body) && !message.has(Mark::encrypted);
  }

  // What is to be done behind a message that is being written.
  void follow_up(Account& account, const Stanza& message, JidView peer) {
    if (message.archive().searchable) indexer_->soon();
    if (message.has(Mark::retract)) leave_tombstone(account, message, peer);
  }

  void write(Account& account, ArchiveWrite entry, const Stanza& message) {
    const std::size_t bytes = entry.bytes();
    shard_.write(
        account, bytes, [entry = std::move(entry)](storage::Stores& stores) { entry.perform(stores); },
        [self = shared_from_this(), head = Stanza::make(message.head(), {})](const auto& result) {
          if (!result) self->failed(head, result.error());
        });
  }

  // What contradicts the store (constraint) has no account any more, and the message has been delivered.
  void failed(const Stanza& message, const storage::Error& error) {
    shard_.log().error("archive.failed", {{"to", message.to()}, {"error", error.text}});
    if (error.kind == storage::ErrorKind::constraint) return;
    shard_.bounce(message, Shard::condition_of(error), "the message could not be archived");
  }

  Shard& shard_;
  std::shared_ptr<ArchiveIndexer> indexer_;
};

// Nobody else's archive can be read; the same is said of archives that do not exist.
void forbid(IqRequest& request) { request.error(StanzaCondition::forbidden, "this is not your archive"); }

}  // namespace

Feature make_archive(Shard& shard) {
  const bool full_text = shard.config().features.find("archive")->second.get<bool>("full_text");
  const auto search = full_text ? mam::TextSearch::on : mam::TextSearch::off;
  auto archive = std::make_shared<Archive>(shard, full_text ? ArchiveIndexer::start(shard) : nullptr);
  auto queries = std::make_shared<ArchiveQueries>(shard, search);
  auto sweeper = ArchiveSweeper::start(shard);
  Feature feature{
      .name = "archive",
      .xeps = {"XEP-0059", "XEP-0297", "XEP-0313", "XEP-0334", "XEP-0359", "XEP-0424", "XEP-0441"},
      .iq = {{"query", ns::kArchive, Scope::own_account,
              [queries](IqRequest& request) { queries->ask(request); }, IqVerbs::set},
             {"query", ns::kArchive, Scope::own_account,
              [search](IqRequest& request) { request.result(mam::query_form(search)); }, IqVerbs::get},
             {"metadata", ns::kArchive, Scope::own_account, answer_metadata, IqVerbs::get},
             {"prefs", ns::kArchive, Scope::own_account, get_archive_preferences, IqVerbs::get},
             {"prefs", ns::kArchive, Scope::own_account, set_archive_preferences, IqVerbs::set},
             {"", ns::kArchive, Scope::account, forbid}},
      .disco = {{Scope::own_account, ns::kArchive},
                {Scope::own_account, kExtended},
                {Scope::own_account, kGroupchatField},
                {Scope::host | Scope::own_account, kStanzaIds},
                {Scope::host | Scope::own_account, retraction::kRetraction},
                {Scope::host | Scope::own_account, kTombstones}}};
  if (full_text) {
    feature.xeps.push_back("XEP-0431");
    feature.disco.push_back({Scope::own_account, kFullText});
  }
  feature.hooks.outbound.push_back(
      {kOrder, [archive](Session& session, Stanza& stanza) { return archive->outbound(session, stanza); }});
  feature.hooks.inbound.push_back({kOrder, [archive, sweeper](Account& account, Stanza& stanza) {
                                     return archive->inbound(account, stanza);
                                   }});
  feature.hooks.accepted.push_back({kOrder, [archive](Account& account, Stanza& message, const Reach& reach) {
                                      archive->accepted(account, message, reach);
                                    }});
  feature.hooks.session_ended.push_back({kOrder, [queries](Session& session) { queries->forget(session); }});
  return feature;
}

}  // namespace vestnik::features
