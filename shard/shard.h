#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "core/io/acceptor.h"
#include "core/io/tls_context.h"
#include "core/log/log.h"
#include "core/storage/storage.h"
#include "proto/sasl/exchange.h"
#include "proto/xep/archive_id.h"
#include "proto/xml/document.h"
#include "shard/c2s/login_guard.h"
#include "shard/counters.h"
#include "shard/feature/feature_set.h"
#include "shard/message.h"
#include "shard/outgoing_batch.h"
#include "shard/presence/shared_groups.h"
#include "shard/receipts/receipt.h"
#include "shard/routing/questions.h"
#include "shard/routing/route_hold.h"
#include "shard/services.h"
#include "shard/session/account.h"
#include "shard/session/account_table.h"
#include "shard/shard_map.h"
#include "shard/stream/stream_thread.h"
#include "shard/stream_management/stream_table.h"

namespace vestnik {

class ComponentTable;
class Delegations;
class RoomTable;
class Shard;
namespace pubsub {
class Interests;
}

/// A tree borrowed from the shard's small stack of documents; given back at the end of the scope. Never alive
/// over a suspension.
class DocumentLease {
 public:
  DocumentLease(Shard& shard, std::string_view bytes);
  ~DocumentLease();
  DocumentLease(const DocumentLease&) = delete;
  DocumentLease& operator=(const DocumentLease&) = delete;
  xml::Element root() const { return root_; }

 private:
  Shard& shard_;
  std::unique_ptr<xml::Document> document_;
  xml::Element root_;
};

/// Addresses by the shard that serves them, those of other servers being the last.
using Recipients = std::vector<SharedAddresses>;

/// What loading an account came to.
enum class AccountLookup : std::uint8_t { found, missing, failed };

/// One worker: a thread with its accounts, sessions and connections. Everything here is that thread's alone.
class Shard {
 public:
  /// `id`: its number. `services`: what the shards share; outlives them.
  Shard(ShardId id, Services& services, std::shared_ptr<const Config> config,
        std::shared_ptr<const TlsContext> tls);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  ShardId id() const { return id_; }
  /// What the connections use of it.
  StreamThread& thread() { return thread_; }
  Reactor& reactor() { return thread_.reactor(); }
  Services& services() { return services_; }
  const Config& config() const { return thread_.config(); }
  Log& log() { return services_.log; }
  TaskScope& tasks() { return thread_.tasks(); }
  AccountTable& accounts() { return accounts_; }
  const FeatureSet& features() const { return *features_; }
  SharedGroups& shared_groups() { return shared_groups_; }
  /// In whose name things are done here, and what of it is settled.
  ReceiptDesk& receipts() { return receipts_; }
  /// The sessions whose clients use stream management.
  StreamTable& streams() { return streams_; }
  RandomSource& random() { return services_.random; }
  /// The current TLS settings; connections keep what they started with.
  const std::shared_ptr<const TlsContext>& tls() const { return tls_; }
  const sasl::Context& sasl() const { return sasl_; }
  /// How clients name archived messages.
  ArchiveIdCodec& archive_ids() { return archive_ids_; }
  LoginGuard& login_guard() { return login_guard_; }
  ShardCounters& counters() { return counters_; }
  /// The clients' connections on this shard, whatever their state.
  std::set<ClientLink*>& links() { return links_; }
  /// The components whose domains live here.
  ComponentTable& components() { return *components_; }
  /// What components answer instead of this server.
  Delegations& delegations() { return *delegations_; }
  /// What was asked in the names of hosts and of accounts here.
  Questions& questions() { return questions_; }
  /// The rooms that live here.
  RoomTable& rooms() { return *rooms_; }
  /// What accounts here and their contacts want to hear of.
  pubsub::Interests& interests() { return *interests_; }
  /// True while a shard that this one sends to, or this one itself, has more queued than limits.mailbox.hard:
  /// what comes anew is refused.
  bool overloaded() const { return overloaded_; }

  /// Hop 4: sends a stanza on its way, to a local host, a local account or another domain. Appends to a queue
  /// and returns: nothing is delivered inside the call, order of calls is order of delivery (RULES 1). `to`
  /// must not be empty.
  void route(Stanza stanza);
  /// The same stanza to many: one message per shard that serves some of them, that of other servers included.
  /// `stanza` has no `to`; those in `except` do not get it.
  void route_fanout(const std::shared_ptr<const Stanza>& stanza, const Recipients& recipients,
                    const std::vector<Jid>& except = {});
  /// Addresses in the form in which route_fanout() wants them, which can be used again and again.
  Recipients recipients(std::vector<Jid> addresses) const;
  /// What is no stanza, for entities of one shard of accounts.
  void send_to(ShardId target, EntityMessage message);
  /// The same for a stanza to a host, which the shard `target` is to handle.
  void pass_to(ShardId target, Stanza stanza);
  /// Has a component hear what is not for it alone: nothing happens if it is not there.
  void tell_component(std::string_view domain, Stanza stanza);
  /// Tells a service's own entity what to list.
  void list_in_service(ServiceListing listing);
  /// Sends on what a RouteHold has kept.
  void send(std::vector<Routed> routed);
  /// RouteHold's: what is routed from now on goes there; null: on its way.
  void hold_routed(std::vector<Routed>* routed) { held_routes_ = routed; }
  /// Answers `stanza` with an error unless such stanzas must not be answered.
  void bounce(const Stanza& stanza, StanzaCondition condition, std::string_view text = {},
              std::string_view app = {});

  /// True if the domain is one of our hosts. A component's is not: its users are to accounts here what those
  /// of other servers are.
  bool is_local(std::string_view domain) const { return config().host(domain) != nullptr; }
  bool owns(std::string_view bare_jid) const { return services_.map.owner(bare_jid).shard == id_; }

  /// Writes for an account: `change` runs on the storage thread inside a transaction (see Storage::write),
  /// `done` on this shard after the commit. The stanza that is being handled now is not handled before `done`
  /// returns, and `done` runs in its name (ReceiptDesk); with `durability = "relaxed"` nobody waits.
  ///   shard.write(account, bytes, [owner](storage::Stores& s) { s.blocks().clear(owner); },
  ///               [reply = std::move(reply)](Result<void, storage::Error> r) mutable { … });
  /// `done` must not keep references to accounts or sessions: look them up by address.
  void write(Account& account, std::size_t bytes, std::move_only_function<void(storage::Stores&)> change,
             std::move_only_function<void(Result<void, storage::Error>)> done);

  /// The same for another entity; the number of the write.
  storage::WriteSeq write_for(std::string owner, std::size_t bytes,
                              std::move_only_function<void(storage::Stores&)> change,
                              std::move_only_function<void(Result<void, storage::Error>)> done);

  /// Reads on a storage thread what `query` asks, after the account's own writes; `done` on this shard.
  template <typename Query, typename Done>
  void read(const Account& account, Query query, Done done) {
    read_after(account.last_write(), std::move(query), std::move(done));
  }
  template <typename Query, typename Done>
  void read_after(storage::WriteSeq after, Query query, Done done) {
    services_.storage.read(after, std::move(query), [this, done = std::move(done)](auto result) mutable {
      reactor().post(
          [done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
    });
  }
  /// Whether a message that needs storing may be accepted now (RULES 3); if not, it has been refused.
  bool accepts_for_storing(const Stanza& message);
  /// The condition a client is told when storing failed.
  static StanzaCondition condition_of(const storage::Error& error);

  /// Binds a resource of a loaded account. The caller has dealt with conflicts.
  Session& bind(Account& account, Jid full, ClientLink& link);
  /// Ends the first of the sleeping sessions if the account has as many as it may have.
  void make_room(Account& account);
  /// Ends a session for good: presence goes out, what its client has not acknowledged goes elsewhere, the
  /// account may be unloaded later.
  void end_session(Session& session, std::string_view status);
  /// The session's connection broke without a word: it sleeps if its client may resume it (XEP-0198 §5), else
  /// it ends.
  void lose_link(Session& session);
  /// Hop 3: a session's client sent a stanza. `from` is stamped. Never suspends.
  void on_client_stanza(Session& session, Stanza stanza);

  /// Runs `function` for the account of this shard once it is loaded: at once if it is, else after what was
  /// addressed to it before. Null: there is no such account (or storage failed).
  void with_account(const Jid& bare, std::function<void(Account*)> function);
  /// The same for a coroutine, which looks the account up in accounts() afterwards.
  Task<AccountLookup> load_account(Jid bare);

  /// An id nobody can guess, for stanzas and streams the server makes.
  std::string new_id();

  /// A batch that another shard has sent at this time has arrived (hop 6).
  void receive(std::vector<EntityMessage> batch, Reactor::Clock::time_point sent);
  /// Takes over a new configuration, between stanzas. Streams of hosts that are gone end with `host-gone`.
  void apply_config(std::shared_ptr<const Config> config, std::shared_ptr<const TlsContext> tls);

  /// Listens on the configured addresses. Before the thread runs; throws what Acceptor throws.
  void listen();
  /// Starts accepting; the shard's thread.
  void start();
  /// Ends all streams with `system-shutdown` and calls `done` when the last connection is gone.
  void stop(std::function<void()> done);
  bool stopping() const { return stopping_; }
  /// Cuts off what is still connected after stop()'s deadline.
  void abort_connections();
  /// The account was changed in the store by somebody else: forgets what is loaded of it, or of its
  /// credentials while it has sessions, which `end_sessions` ends first. `done`: from now on logins meet what
  /// is stored.
  void account_changed(const Jid& bare, bool end_sessions, std::move_only_function<void()> done);
  std::size_t session_count() const { return session_count_; }
  /// Bytes of stanzas that wait for this shard (RULES 4). The shard's thread.
  std::size_t queued_bytes() const {
    return local_bytes_ + accounts_.parked_bytes() + thread_.reactor().mailbox_bytes();
  }

 private:
  struct ParkedStanza {
    Stanza stanza;
    Receipt receipt;
  };

  ShardId shard_of(JidView to) const;
  void flush_batch(ShardId target);
  bool turn_work();
  bool drain_local();
  void settle_own_receipts();
  void return_receipts();
  void look_for_congestion();
  void accept(Transport::Socket socket, bool direct_tls);
  void accept_component(Transport::Socket socket, bool direct_tls);
  void dispatch(EntityMessage message);
  void deliver_stanza(Stanza stanza);
  void deliver_away(Stanza stanza);
  void deliver_fanout(const Fanout& fanout);
  void deliver_to_contact(const Jid& contact, const std::shared_ptr<const Stanza>& presence);
  void on_client_presence(Session& session, Stanza stanza);

  ShardId id_;
  Services& services_;
  ReceiptDesk receipts_;  ///< before all that may hold receipts when the shard goes
  StreamThread thread_;
  std::unique_ptr<FeatureSet> features_;
  AccountTable accounts_;
  std::deque<EntityMessage> local_;
  std::size_t local_bytes_ = 0;
  std::vector<OutgoingBatch> outgoing_;  ///< by shard
  std::vector<Routed>* held_routes_ = nullptr;
  std::size_t session_count_ = 0;
  sasl::Context sasl_;
  ArchiveIdCodec archive_ids_;
  LoginGuard login_guard_;
  ShardCounters counters_;
  std::set<ClientLink*> links_;
  StreamTable streams_;
  std::unique_ptr<ComponentTable> components_;
  std::unique_ptr<Delegations> delegations_;
  std::unique_ptr<RoomTable> rooms_;
  std::unique_ptr<pubsub::Interests> interests_;
  Questions questions_{*this};
  bool overloaded_ = false;
  bool stopping_ = false;
  std::shared_ptr<const TlsContext> tls_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  SharedGroups shared_groups_{*this};  ///< the last: requests that wait in it are answered when it goes
};

}  // namespace vestnik
