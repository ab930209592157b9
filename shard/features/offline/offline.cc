// XEP-0160: keeps messages for accounts that nobody is there to read, and hands them out, in order and before
// anything newer, when a session becomes available.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shard/archive/archiving.h"
#include "shard/features/list.h"
#include "shard/features/offline/page.h"
#include "shard/routing/message_kind.h"
#include "shard/session/stamps.h"
#include "shard/shard.h"
#include "shard/stream_management/live_copy.h"
#include "shard/stream_management/redelivery.h"

namespace vestnik::features {
namespace {

constexpr std::size_t kPage = 50;  // messages read and handed out at a time

// XEP-0160 §3 and XEP-0334: what is worth keeping.
bool worth_keeping(const Stanza& message) {
  if (message.has(Mark::no_store)) return false;
  if (message.has(Mark::store) || message.has(Mark::body) || message.has(Mark::encrypted)) return true;
  return message.type() == StanzaType::normal || message.has(Mark::other) || message.has(Mark::subject) ||
         message.has(Mark::receipt) || message.has(Mark::retract);
}

class Offline;

// A message that sessions have in hand, in the queue as a precaution (RULES 3). Its fate may be known before
// its row is.
class Insured final : public StoredCopy, public std::enable_shared_from_this<Insured> {
 public:
  Insured(std::shared_ptr<Offline> offline, Jid owner, const std::shared_ptr<LiveCopy>& copy)
      : offline_(std::move(offline)),
        owner_(std::move(owner)),
        copy_(copy),
        message_(copy->message()),
        sent_at_(copy->sent_at()) {}

  void client_has_it() override { decide(Fate::remove); }
  void nobody_has_it() override { decide(Fate::keep); }

  void write(Account& account);

 private:
  enum class Fate : std::uint8_t { open, remove, keep };
  void decide(Fate fate);
  void written(const Result<storage::OfflineId, storage::Error>& id);

  std::shared_ptr<Offline> offline_;
  Jid owner_;
  std::weak_ptr<LiveCopy> copy_;
  std::shared_ptr<const Stanza> message_;
  std::chrono::system_clock::time_point sent_at_;
  storage::OfflineId row_ = 0;  ///< 0: not written yet
  Fate fate_ = Fate::open;
};

class Offline : public std::enable_shared_from_this<Offline> {
 public:
  explicit Offline(Shard& shard) : shard_(shard) {}

  Verdict keep(Account& account, Stanza& message) {
    if (is_only_chat_state(message)) return Verdict::handled;
    if (!worth_keeping(message)) return Verdict::pass;
    if (!shard_.accepts_for_storing(message)) return Verdict::handled;
    const std::uint64_t bytes = message.wire().size();
    if (!count(account, bytes)) return Verdict::pass;
    store(account, message, bytes);
    return Verdict::handled;
  }

  // A message that overtakes those that are being handed out would arrive before them: it queues up behind.
  // The account's other clients need not wait for that: they see it as a copy.
  Verdict queue_behind(Account& account, Stanza& stanza) {
    if (handing_out_.empty() || !stanza.is_message() || !stanza.to().is_bare()) return Verdict::pass;
    if (stanza.type() != StanzaType::chat && stanza.type() != StanzaType::normal) return Verdict::pass;
    if (!handing_out_.contains(account.jid().full()) || keep(account, stanza) == Verdict::pass)
      return Verdict::pass;
    for (const auto& hook : shard_.features().hooks().accepted)
      hook.call(account, stanza, {.only = receiver(account)});
    return Verdict::handled;
  }

  void on_available(Session& session) {
    Account& account = session.account();
    if (account.offline().messages <= account.held_rows().size()) return;
    const bool gate = !session.is_managed();
    const Waiting waiting{.jid = session.jid(), .id = session.id(), .gated = gate};
    if (!handing_out_.try_emplace(account.jid().full(), waiting).second) return;
    // What the client asks next is answered after its messages (RULES 1: a gate). With stream management it
    // has to be heard all the time: its acknowledgements bring the next messages.
    if (gate) session.pause_input();
    read_page(account);
  }

  // RULES 3, second row.
  std::shared_ptr<StoredCopy> insure(Account& account, const std::shared_ptr<LiveCopy>& copy) {
    const Stanza& message = *copy->message();
    if (!worth_keeping(message) || !shard_.services().storage.accepting()) return nullptr;
    if (!count(account, message.wire().size())) return nullptr;
    const auto insured = std::make_shared<Insured>(shared_from_this(), account.jid(), copy);
    insured->write(account);
    return insured;
  }

  Shard& shard() { return shard_; }

  // The rows leave the queue. Those that are no longer held by then may be handed out.
  void remove(Account& account, const std::vector<Row>& rows,
              std::move_only_function<void(Result<void, storage::Error>)> done) {
    std::vector<storage::OfflineId> ids;
    for (const Row& row : rows) {
      ids.push_back(row.id);
      account.held_rows().erase(row.id);
      uncount(account, row.bytes);
    }
    shard_.write(
        account, 0,
        [owner = account.jid().full(), ids = std::move(ids)](storage::Stores& stores) {
          stores.offline().remove(owner, ids);
        },
        std::move(done));
  }

  static void uncount(Account& account, std::uint64_t bytes) {
    storage::OfflineUsage& used = account.offline();
    used.messages -= std::min<std::uint64_t>(used.messages, 1);
    used.bytes -= std::min(used.bytes, bytes);
  }

  // Somebody else may get what no session holds any more.
  void hand_to_receiver(Account& account) {
    if (Session* session = receiver(account)) on_available(*session);
  }

 private:
  // False: the queue is full.
  bool count(Account& account, std::uint64_t bytes) const {
    const auto& limits = shard_.config().limits;
    storage::OfflineUsage& used = account.offline();
    if (used.messages >= limits.offline_messages || used.bytes + bytes > limits.offline_bytes) return false;
    used.messages += 1;
    used.bytes += bytes;
    return true;
  }

  // What the archive has gets a mark there, written together with it (RULES 3).
  void store(Account& account, Stanza& message, std::uint64_t bytes) {
    ArchiveNote note = message.archive();
    auto failed = [self = shared_from_this(), head = Stanza::make(message.head(), {}),
                   bytes](const Result<void, storage::Error>& result) {
      if (!result) self->refuse(head, bytes, result.error());
    };
    const std::string& owner = account.jid().full();
    if (note.id == storage::kNoArchiveId) {
      const auto received = std::chrono::floor<std::chrono::milliseconds>(shard_.reactor().wall_now());
      return shard_.write(
          account, bytes,
          [owner, received, stanza = std::string(message.wire())](storage::Stores& stores) {
            stores.offline().append(owner, received, stanza);
          },
          std::move(failed));
    }
    std::optional<ArchiveWrite> entry;
    if (!note.stored) entry = ArchiveWrite::received(account, message);
    note.stored = true;
    message.set_archive(note);
    shard_.write(
        account, bytes,
        [owner, entry = std::move(entry), id = note.id, bytes](storage::Stores& stores) {
          if (entry) entry->perform(stores);
          stores.offline().append_archived(owner, id, bytes);
        },
        std::move(failed));
  }

  void refuse(const Stanza& message, std::uint64_t bytes, const storage::Error& error) {
    if (Account* account = shard_.accounts().loaded(message.to().bare())) uncount(*account, bytes);
    shard_.bounce(message, Shard::condition_of(error), "the message could not be stored");
  }

  void read_page(Account& account) {
    const storage::WriteSeq seen = account.last_write();
    shard_.read(
        account,
        [owner = account.jid().full(), after = handing_out_.at(account.jid().full()).after](
            storage::Stores& stores) { return stores.offline().list(owner, after, kPage); },
        [self = shared_from_this(), bare = account.jid(), seen](auto page) {
          self->hand_out(bare, seen, std::move(page));
        });
  }

  static Session* receiver(Account& account) {
    for (const auto& session : account.sessions()) {
      if (session->takes_messages()) return session.get();
    }
    return nullptr;
  }

  // `seen`: the newest of the account's writes that the page shows.
  void hand_out(const Jid& bare, storage::WriteSeq seen,
                Result<std::vector<storage::OfflineMessage>, storage::Error> page) {
    Account* account = shard_.accounts().loaded(bare.full());
    Session* session = account == nullptr ? nullptr : receiver(*account);
    const bool done = page && page->empty();
    // What was queued up behind while the page was read is not on it; what is being written as a precaution
    // may be on it, and cannot be told apart yet.
    const bool stale = done && session != nullptr && account->last_write() != seen;
    if (stale || (account != nullptr && account->rows_under_way() > 0)) return read_page(*account);
    if (!page || done || session == nullptr) {
      const bool empty = done && session != nullptr && account->held_rows().empty();
      if (empty) account->offline() = {};
      return finish(bare);
    }
    const auto delivery = std::make_shared<Page>(
        [self = shared_from_this(), bare](const Page::Outcome& outcome) { self->page_done(bare, outcome); });
    for (const auto& message : *page) send(*session, message, delivery);
    handing_out_.at(bare.full()).after = page->back().id;
    delivery->seal();
  }

  void page_done(const Jid& bare, const Page::Outcome& outcome) {
    Account* account = shard_.accounts().loaded(bare.full());
    if (account == nullptr) return finish(bare);
    for (const Row& row : outcome.lost) account->held_rows().erase(row.id);
    const bool complete = outcome.lost.empty();
    if (complete && outcome.remove.empty()) return read_page(*account);  // others hold what was on it
    if (outcome.remove.empty()) return hand_to_other(bare);
    remove(*account, outcome.remove, [self = shared_from_this(), bare, complete](auto result) {
      if (!complete) return self->hand_to_other(bare);
      Account* again = self->shard_.accounts().loaded(bare.full());
      if (again != nullptr && result) return self->read_page(*again);
      self->finish(bare);
    });
  }

  // The session has ended with messages that it did not take.
  void hand_to_other(const Jid& bare) {
    finish(bare);
    Account* account = shard_.accounts().loaded(bare.full());
    if (account != nullptr) hand_to_receiver(*account);
  }

  // The session that became available may be gone by now.
  void finish(const Jid& bare) {
    const auto waiting = handing_out_.extract(bare.full());
    Account* account = shard_.accounts().loaded(bare.full());
    if (waiting.empty() || account == nullptr) return;
    Session* session = account->session(waiting.mapped().jid.resource());
    const Waiting& was = waiting.mapped();
    if (was.gated && session != nullptr && session->id() == was.id) session->resume_input();
  }

  void send(Session& session, const storage::OfflineMessage& message, const std::shared_ptr<Page>& page) {
    Account& account = session.account();
    if (account.held_rows().contains(message.id)) return;
    const Row row{.id = message.id, .bytes = message.stanza.size()};
    const bool archived = message.archived != storage::kNoArchiveId;
    const bool gone = archived && message.stanza.empty();  // from the archive, by age or number
    if (gone || (archived && session.served().contains(message.archived))) return page->add_settled(row);
    const auto stanza = Stanza::from_stored(message.stanza);
    if (!stanza) {
      page->add_settled(row);
      shard_.log().error("offline.damaged", {{"account", session.account().jid()}, {"id", message.id}});
      return;
    }
    Stanza stamped = with_delay(*stanza, message.received_at);
    if (archived) {
      const std::string& owner = session.account().jid().full();
      stamped = stamped.with_appended(archiving::stanza_id(shard_, owner, message.archived));
      stamped.set_archive({.body = 0, .id = message.archived, .stored = true});
    }
    page->add(row);
    account.held_rows().insert(row.id);
    session.send(std::make_shared<const Stanza>(std::move(stamped)), page);
  }

  Shard& shard_;
  struct Waiting {
    Jid jid;
    std::uint64_t id;
    bool gated;
    storage::OfflineId after = 0;  ///< the last row that was looked at
  };
  std::map<std::string, Waiting, std::less<>>
      handing_out_;  ///< accounts whose queue is on its way, and the session
};

void Insured::write(Account& account) {
  account.rows_under_way() += 1;
  const auto received = std::chrono::floor<std::chrono::milliseconds>(sent_at_);
  const auto id = std::make_shared<storage::OfflineId>(0);
  offline_->shard().write(
      account, message_->cost(),
      [owner = owner_.full(), message = message_, received, id](storage::Stores& stores) {
        *id = stores.offline().append(owner, received, message->wire());
      },
      [self = shared_from_this(), id](Result<void, storage::Error> result) {
        if (!result) return self->written(Err(result.error()));
        self->written(*id);
      });
}

void Insured::written(const Result<storage::OfflineId, storage::Error>& id) {
  Account* account = offline_->shard().accounts().loaded(owner_.full());
  if (account == nullptr) return;
  account->rows_under_way() -= 1;
  if (id) {
    row_ = *id;
    account->held_rows().insert(row_);
    return decide(fate_);
  }
  Offline::uncount(*account, message_->wire().size());
  if (fate_ == Fate::keep) return redeliver(offline_->shard(), *message_, sent_at_);
  if (const auto copy = copy_.lock()) copy->insurance_failed();
}

void Insured::decide(Fate fate) {
  fate_ = fate;
  Account* account = offline_->shard().accounts().loaded(owner_.full());
  if (row_ == 0 || fate_ == Fate::open || account == nullptr) return;
  if (fate_ == Fate::remove) {
    const Row row{.id = row_, .bytes = message_->wire().size()};
    return offline_->remove(*account, {row}, [](const auto& /*result*/) {});
  }
  account->held_rows().erase(row_);
  offline_->hand_to_receiver(*account);
}

}  // namespace

Feature make_offline(Shard& shard) {
  auto offline = std::make_shared<Offline>(shard);
  Feature feature{
      .name = "offline", .xeps = {"XEP-0160", "XEP-0203"}, .disco = {{Scope::host, "msgoffline"}}};
  // Behind blocking and whatever else decides whether the message is wanted at all.
  feature.hooks.inbound.push_back(
      {100, [offline](Account& account, Stanza& stanza) { return offline->queue_behind(account, stanza); }});
  feature.hooks.undeliverable.push_back(
      {100, [offline](Account& account, Stanza& message) { return offline->keep(account, message); }});
  feature.hooks.insure.push_back(
      {100,
       [offline](Account& account, const std::shared_ptr<LiveCopy>& copy) -> std::shared_ptr<StoredCopy> {
         return offline->insure(account, copy);
       }});
  feature.hooks.would_keep.push_back(
      {100, [](const Stanza& message) { return is_only_chat_state(message) || worth_keeping(message); }});
  feature.hooks.session_available.push_back(
      {100, [offline](Session& session) { offline->on_available(session); }});
  return feature;
}

}  // namespace vestnik::features
