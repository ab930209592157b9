// XEP-0160: keeps messages for accounts that nobody is there to read, and hands them out, in order and before
// anything newer, when a session becomes available.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shard/archive/archiving.h"
#include "shard/features/list.h"
#include "shard/session/stamps.h"
#include "shard/shard.h"
#include "shard/streams/delivery.h"

namespace vestnik::features {
namespace {

constexpr std::size_t kPage = 50;  // messages read and handed out at a time

// "Alice is typing" is stale by the time anybody reads it: neither kept nor worth an error.
bool only_chat_state(const Stanza& message) {
  return message.has(Mark::chat_state) && !message.has(Mark::body) && !message.has(Mark::subject) &&
         !message.has(Mark::encrypted) && !message.has(Mark::receipt) && !message.has(Mark::other);
}

// XEP-0160 §3 and XEP-0334: what is worth keeping.
bool worth_keeping(const Stanza& message) {
  if (message.has(Mark::no_store)) return false;
  if (message.has(Mark::store) || message.has(Mark::body) || message.has(Mark::encrypted)) return true;
  return message.type() == StanzaType::normal || message.has(Mark::other) || message.has(Mark::subject) ||
         message.has(Mark::receipt);
}

// Messages on their way to a session. They stay in the store until its client has them.
class Page final : public Delivery {
 public:
  // Told when all are delivered or lost: those that are to be removed, and whether that is all.
  using Done = std::move_only_function<void(std::vector<storage::OfflineId> remove, bool complete)>;

  explicit Page(Done done) : done_(std::move(done)) {}

  void add(storage::OfflineId id) { waiting_.push_back(id); }
  // It need not be sent.
  void add_settled(storage::OfflineId id) { remove_.push_back(id); }
  // Behind the last send(); what was told before has been counted.
  void seal() {
    sealed_ = true;
    look();
  }

  void delivered() override {
    remove_.push_back(waiting_[told_++]);  // a session's stanzas are delivered in order
    look();
  }
  void lost() override {
    ++told_;
    complete_ = false;
    look();
  }

 private:
  void look() {
    if (sealed_ && told_ == waiting_.size() && done_)
      std::exchange(done_, nullptr)(std::move(remove_), complete_);
  }

  Done done_;
  std::vector<storage::OfflineId> waiting_;
  std::vector<storage::OfflineId> remove_;
  std::size_t told_ = 0;
  bool complete_ = true;
  bool sealed_ = false;
};

class Offline : public std::enable_shared_from_this<Offline> {
 public:
  explicit Offline(Shard& shard) : shard_(shard) {}

  Verdict keep(Account& account, Stanza& message) {
    if (only_chat_state(message)) return Verdict::handled;
    if (!worth_keeping(message)) return Verdict::pass;
    if (!shard_.services().storage.accepting()) {
      shard_.bounce(message, StanzaCondition::internal_server_error,
                    "messages cannot be stored at the moment");
      return Verdict::handled;
    }
    const auto& limits = shard_.config().limits;
    storage::OfflineUsage& used = account.offline();
    const std::uint64_t bytes = message.wire().size();
    if (used.messages >= limits.offline_messages || used.bytes + bytes > limits.offline_bytes)
      return Verdict::pass;
    used.messages += 1;
    used.bytes += bytes;
    store(account, message, bytes);
    return Verdict::handled;
  }

  // A message that overtakes those that are being handed out would arrive before them: it queues up behind.
  Verdict queue_behind(Account& account, Stanza& stanza) {
    if (handing_out_.empty() || !stanza.is_message() || !stanza.to().is_bare()) return Verdict::pass;
    if (stanza.type() != StanzaType::chat && stanza.type() != StanzaType::normal) return Verdict::pass;
    return handing_out_.contains(account.jid().full()) ? keep(account, stanza) : Verdict::pass;
  }

  void on_available(Session& session) {
    Account& account = session.account();
    if (account.offline().messages == 0) return;
    const bool gate = !session.is_managed();
    if (!handing_out_.try_emplace(account.jid().full(), session.jid(), session.id(), gate).second) return;
    // What the client asks next is answered after its messages (RULES 1: a gate). With stream management it
    // has to be heard all the time: its acknowledgements bring the next messages.
    if (gate) session.pause_input();
    read_page(account);
  }

 private:
  // What the archive has gets a mark there, written together with it (RULES 3).
  void store(Account& account, const Stanza& message, std::uint64_t bytes) {
    const ArchiveNote& note = message.archive();
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
    shard_.write(
        account, bytes,
        [owner, entry = std::move(entry), id = note.id, bytes](storage::Stores& stores) {
          if (entry) entry->perform(stores);
          stores.offline().append_archived(owner, id, bytes);
        },
        std::move(failed));
  }

  void refuse(const Stanza& message, std::uint64_t bytes, const storage::Error& error) {
    if (Account* account = shard_.accounts().loaded(message.to().bare())) {
      account->offline().messages -= 1;
      account->offline().bytes -= bytes;
    }
    shard_.bounce(message, Shard::condition_of(error), "the message could not be stored");
  }

  void read_page(Account& account) {
    const storage::WriteSeq seen = account.last_write();
    shard_.read(
        account,
        [owner = account.jid().full()](storage::Stores& stores) {
          return stores.offline().list(owner, 0, kPage);
        },
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
    // A message that was queued up behind while the page was read is not on it.
    if (done && session != nullptr && account->last_write() != seen) return read_page(*account);
    if (!page || done || session == nullptr) {
      if (done && account != nullptr && account->last_write() == seen) account->offline() = {};
      return finish(bare);
    }
    const auto delivery = std::make_shared<Page>(
        [self = shared_from_this(), bare](std::vector<storage::OfflineId> remove, bool complete) {
          self->remove(bare, std::move(remove), complete);
        });
    for (const auto& message : *page) send(*session, message, delivery);
    delivery->seal();
  }

  // The session has ended with messages that it did not take: somebody else may.
  void hand_to_other(const Jid& bare) {
    finish(bare);
    Account* account = shard_.accounts().loaded(bare.full());
    Session* other = account == nullptr ? nullptr : receiver(*account);
    if (other != nullptr) on_available(*other);
  }

  // The session that became available may be gone by now.
  void finish(const Jid& bare) {
    const auto waiting = handing_out_.extract(bare.full());
    Account* account = shard_.accounts().loaded(bare.full());
    if (waiting.empty() || account == nullptr) return;
    Session* session = account->session(waiting.mapped().jid.resource());
    const auto& [jid, id, gated] = waiting.mapped();
    if (gated && session != nullptr && session->id() == id) session->resume_input();
  }

  void send(Session& session, const storage::OfflineMessage& message, const std::shared_ptr<Page>& page) {
    const bool archived = message.archived != storage::kNoArchiveId;
    const bool gone = archived && message.stanza.empty();  // from the archive, by age or number
    if (gone || (archived && session.served().contains(message.archived)))
      return page->add_settled(message.id);
    const auto stanza = Stanza::from_stored(message.stanza);
    if (!stanza) {
      page->add_settled(message.id);
      shard_.log().error("offline.damaged", {{"account", session.account().jid()}, {"id", message.id}});
      return;
    }
    Stanza stamped = with_delay(*stanza, message.received_at);
    if (archived) {
      const std::string& owner = session.account().jid().full();
      stamped = stamped.with_appended(archiving::stanza_id(shard_, owner, message.archived));
      stamped.set_archive({.body = 0, .id = message.archived, .stored = true});
    }
    page->add(message.id);
    session.send(std::make_shared<const Stanza>(std::move(stamped)), page);
  }

  void remove(const Jid& bare, std::vector<storage::OfflineId> ids, bool complete) {
    Account* account = shard_.accounts().loaded(bare.full());
    if (account == nullptr) return finish(bare);
    if (ids.empty()) return hand_to_other(bare);
    shard_.write(
        *account, 0,
        [owner = bare.full(), ids = std::move(ids)](storage::Stores& stores) {
          stores.offline().remove(owner, ids);
        },
        [self = shared_from_this(), bare, complete](Result<void, storage::Error> result) {
          if (!complete) return self->hand_to_other(bare);
          Account* again = self->shard_.accounts().loaded(bare.full());
          if (again != nullptr && result) return self->read_page(*again);
          self->finish(bare);
        });
  }

  Shard& shard_;
  struct Waiting {
    Jid jid;
    std::uint64_t id;
    bool gated;
  };
  std::map<std::string, Waiting, std::less<>>
      handing_out_;  ///< accounts whose queue is on its way, and the session
};

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
  feature.hooks.would_keep.push_back(
      {100, [](const Stanza& message) { return only_chat_state(message) || worth_keeping(message); }});
  feature.hooks.session_available.push_back(
      {100, [offline](Session& session) { offline->on_available(session); }});
  return feature;
}

}  // namespace vestnik::features
