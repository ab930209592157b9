// XEP-0160: keeps messages for accounts that nobody is there to read, and hands them out, in order and before
// anything newer, when a session becomes available.
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "proto/base/datetime.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/features/list.h"
#include "shard/shard.h"

namespace vestnik::features {
namespace {

constexpr std::size_t kPage = 50;  // messages read and handed out at a time

// "Alice is typing" is stale by the time anybody reads it: neither kept nor worth an error.
bool only_chat_state(const Stanza& message) {
  return message.has(Mark::chat_state) && !message.has(Mark::body) && !message.has(Mark::subject) &&
         !message.has(Mark::encrypted) && !message.has(Mark::other);
}

// XEP-0160 §3 and XEP-0334: what is worth keeping.
bool worth_keeping(const Stanza& message) {
  if (message.has(Mark::no_store)) return false;
  if (message.has(Mark::store) || message.has(Mark::body) || message.has(Mark::encrypted)) return true;
  return message.type() == StanzaType::normal || message.has(Mark::other) || message.has(Mark::subject);
}

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
    const auto received = std::chrono::floor<std::chrono::milliseconds>(shard_.reactor().wall_now());
    auto kept = std::make_shared<const Stanza>(std::move(message));
    shard_.write(
        account, kept->cost(),
        [owner = account.jid().full(), kept, received](storage::Stores& stores) {
          stores.offline().append(owner, received, kept->wire());
        },
        [self = shared_from_this(), kept, bytes](Result<void, storage::Error> result) {
          if (!result) self->refuse(*kept, bytes, result.error());
        });
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
    if (!handing_out_.try_emplace(account.jid().full(), session.jid(), session.id()).second) return;
    session.link()
        .pause_input();  // what the client asks next is answered after its messages (RULES 1: a gate)
    read_page(account);
  }

 private:
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
    for (const auto& message : *page) send(*session, message);
    // What the kernel has not taken by the end of the connection stays in the store.
    session->link().when_written([self = shared_from_this(), bare, last = page->back().id](bool written) {
      if (written) return self->remove(bare, last);
      self->finish(bare);
      Account* again = self->shard_.accounts().loaded(bare.full());
      Session* other = again == nullptr ? nullptr : receiver(*again);
      if (other != nullptr) self->on_available(*other);
    });
  }

  // The session that became available may be gone by now.
  void finish(const Jid& bare) {
    const auto waiting = handing_out_.extract(bare.full());
    Account* account = shard_.accounts().loaded(bare.full());
    if (waiting.empty() || account == nullptr) return;
    Session* session = account->session(waiting.mapped().jid.resource());
    if (session != nullptr && session->id() == waiting.mapped().id) session->link().resume_input();
  }

  void send(Session& session, const storage::OfflineMessage& message) {
    const auto stanza = Stanza::from_stored(message.stanza);
    if (!stanza) {
      shard_.log().error("offline.damaged", {{"account", session.account().jid()}, {"id", message.id}});
      return;
    }
    std::string delay;
    xml::Writer(delay)
        .open("delay", ns::kDelay)
        .attr("from", session.jid().domain())
        .attr("stamp", format_utc(message.received_at, Fraction::milliseconds))
        .close();
    session.send(stanza->with_appended(delay));
  }

  void remove(const Jid& bare, storage::OfflineId last) {
    Account* account = shard_.accounts().loaded(bare.full());
    if (account == nullptr) return finish(bare);
    shard_.write(
        *account, 0,
        [owner = bare.full(), last](storage::Stores& stores) { stores.offline().remove_up_to(owner, last); },
        [self = shared_from_this(), bare](Result<void, storage::Error> result) {
          Account* again = self->shard_.accounts().loaded(bare.full());
          if (again != nullptr && result) return self->read_page(*again);
          self->finish(bare);
        });
  }

  Shard& shard_;
  struct Waiting {
    Jid jid;
    std::uint64_t id;
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
