#include "shard/shard.h"

#include <algorithm>
#include <utility>

#include "proto/stanza/reply.h"
#include "shard/component/component.h"
#include "shard/component/delegations.h"
#include "shard/presence/presence.h"
#include "shard/presence/subscription.h"
#include "shard/pubsub/announce.h"
#include "shard/pubsub/interests.h"
#include "shard/pubsub/last_items.h"
#include "shard/rooms/room_table.h"
#include "shard/routing/local_delivery.h"
#include "shard/s2s/s2s_shard.h"
#include "shard/session/stamps.h"
#include "shard/stream_management/redelivery.h"

namespace vestnik {
namespace {

// Messages of the local queue handled in one turn before sockets are looked at again.
constexpr std::size_t kLocalPerTurn = 1'000;
constexpr std::size_t kParkedMessageBytes = 64;  // bookkeeping of a parked message

}  // namespace

DocumentLease::DocumentLease(Shard& shard, std::string_view bytes)
    : shard_(shard), document_(shard.thread().take_document()), root_(document_->parse(bytes)) {}

DocumentLease::~DocumentLease() { shard_.thread().give_document(std::move(document_)); }

Shard::Shard(ShardId id, Services& services, std::shared_ptr<const Config> config,
             std::shared_ptr<const TlsContext> tls)
    : id_(id),
      services_(services),
      receipts_(services.map.all()),
      thread_(services.log, std::move(config)),
      accounts_(*this),
      outgoing_(services.map.all()),
      archive_ids_(services.server_secret),
      streams_(*this),
      components_(std::make_unique<ComponentTable>(*this)),
      delegations_(std::make_unique<Delegations>(*this)),
      rooms_(std::make_unique<RoomTable>(*this)),
      interests_(std::make_unique<pubsub::Interests>(*this)),
      tls_(std::move(tls)) {
  features_ = make_features(*this);
  reactor().set_turn_work([this] { return turn_work(); });
}

Shard::~Shard() { thread_.forget_output(); }

// Hop 4

void Shard::route(Stanza stanza) {
  const JidView to = stanza.to();
  send_to(shard_of(to), Deliver{std::move(stanza), receipts_.part().release()});
}

// A host answers on whatever shard the stanza is: it has no state. A component's domain is one entity; each
// address of a service is one.
ShardId Shard::shard_of(JidView to) const {
  if (is_local(to.domain())) return to.has_local() ? services_.map.owner(to.bare()).shard : id_;
  if (config().component(to.domain()) != nullptr) return services_.map.owner(to.domain()).shard;
  return config().service(to.domain()) != nullptr ? services_.map.owner(to.bare()).shard
                                                  : services_.map.s2s_of(to.domain());
}

Recipients Shard::recipients(std::vector<Jid> addresses) const {
  std::vector<std::vector<Jid>> by_shard(outgoing_.size());
  for (auto& address : addresses) by_shard[shard_of(address)].push_back(std::move(address));
  Recipients shared;
  shared.reserve(by_shard.size());
  for (auto& some : by_shard) {
    shared.push_back(some.empty() ? nullptr : std::make_shared<const std::vector<Jid>>(std::move(some)));
  }
  return shared;
}

void Shard::route_fanout(const std::shared_ptr<const Stanza>& stanza, const Recipients& recipients,
                         const std::vector<Jid>& except) {
  for (ShardId target = 0; target < recipients.size(); ++target) {
    if (recipients[target]) send_to(target, Fanout{stanza, recipients[target], except});
  }
}

void Shard::pass_to(ShardId target, Stanza stanza) {
  send_to(target, Deliver{std::move(stanza), receipts_.part().release()});
}

// Behind all that this turn sends it otherwise.
void Shard::tell_component(std::string_view domain, Stanza stanza) {
  Shard& owner = *services_.shards[services_.map.owner(domain).shard];
  auto tell = [&owner, domain = std::string(domain), stanza = std::move(stanza)]() mutable {
    owner.components().of(domain).tell(std::move(stanza));
  };
  reactor().at_turn_end(
      [&owner, tell = std::move(tell)]() mutable { owner.reactor().post(std::move(tell)); });
}

void Shard::list_in_service(ServiceListing listing) {
  const ShardId target = services_.map.owner(listing.address.domain()).shard;
  send_to(target, std::move(listing));
}

void Shard::bounce(const Stanza& stanza, StanzaCondition condition, std::string_view text,
                   std::string_view app) {
  if (!may_answer_with_error(stanza) || stanza.from().empty()) return;
  ++counters_.bounced[condition];
  route(make_error(stanza, condition, text, app));
}

void Shard::send(std::vector<Routed> routed) {
  for (Routed& one : routed) send_to(one.target, std::move(one.message));
}

void Shard::send_to(ShardId target, EntityMessage message) {
  if (held_routes_ != nullptr) return held_routes_->push_back({target, std::move(message)});
  if (target == id_) {
    local_bytes_ += cost(message);
    local_.push_back(std::move(message));
    return;
  }
  OutgoingBatch& batch = outgoing_[target];
  batch.add(std::move(message));
  if (batch.is_full()) flush_batch(target);
}

// Hop 5

void Shard::flush_batch(ShardId target) {
  const ShardId workers = services_.map.shards();
  if (target < workers) return outgoing_[target].post_to(*services_.shards[target]);
  outgoing_[target].post_to(*services_.s2s[target - workers]);
}

// Hop 6

void Shard::receive(std::vector<EntityMessage> batch, Reactor::Clock::time_point sent) {
  counters_.between_shards.add(Reactor::Clock::now() - sent);
  for (auto& message : batch) dispatch(std::move(message));
}

bool Shard::turn_work() {
  const bool worked = drain_local();
  settle_own_receipts();
  streams_.end_turn();
  for (ShardId target = 0; target < outgoing_.size(); ++target) {
    if (!outgoing_[target].empty()) flush_batch(target);
  }
  look_for_congestion();
  thread_.end_turn();
  return_receipts();
  // A connection that was written, or broke meanwhile, has left something to be done.
  const auto waits = [](const OutgoingBatch& batch) { return !batch.empty(); };
  return worked || !local_.empty() || !receipts_.settled()[id_].empty() ||
         std::ranges::any_of(outgoing_, waits);
}

// Connections stop reading while a shard that this one sends to, or this one itself, has too much queued.
// Marks with hysteresis: over `soft` reading stops, under `low` it goes on. It stops too while the storage
// does not keep up: what clients send is archived. Over `hard` reading has not been
// enough: what comes anew is refused.
void Shard::look_for_congestion() {
  const QueueMarks& marks = config().limits.mailbox;
  std::size_t fullest = queued_bytes();
  for (const Shard* other : services_.shards)
    fullest = std::max(fullest, other->thread_.reactor().mailbox_bytes());
  thread_.set_congested(fullest > (thread_.congested() ? marks.low : marks.soft) ||
                        services_.storage.congested());
  overloaded_ = fullest > marks.hard;
}

bool Shard::drain_local() {
  if (local_.empty()) return false;
  for (std::size_t handled = 0; handled < kLocalPerTurn && !local_.empty(); ++handled) {
    EntityMessage message = std::move(local_.front());
    local_.pop_front();
    local_bytes_ -= cost(message);
    dispatch(std::move(message));
  }
  return true;
}

void Shard::settle_own_receipts() {
  auto& settled = receipts_.settled()[id_];
  for (const ReceiptToken& token : settled) streams_.settle(token);
  settled.clear();
}

// One message per origin and turn (RULES 3). After this shard's streams are written: whoever hears elsewhere
// that a message is safe may rely on it that its addressee's client, if it is there, has been sent it, even
// if this process dies at once.
void Shard::return_receipts() {
  auto& settled = receipts_.settled();
  for (ShardId target = 0; target < settled.size(); ++target) {
    if (target == id_ || settled[target].empty()) continue;
    outgoing_[target].add(ReceiptsSettled{std::exchange(settled[target], {})});
    flush_batch(target);
  }
}

void Shard::dispatch(EntityMessage message) {
  if (auto* deliver = std::get_if<Deliver>(&message)) {
    const ReceiptScope scope(receipts_, receipts_.take(deliver->receipt));
    deliver_stanza(std::move(deliver->stanza));
  } else if (const auto* settled = std::get_if<ReceiptsSettled>(&message)) {
    for (const ReceiptToken& token : settled->tokens) streams_.settle(token);
  } else if (auto* listing = std::get_if<ServiceListing>(&message)) {
    rooms_->list(std::move(*listing));
  } else if (const auto* event = std::get_if<NodeEvent>(&message)) {
    for (const Jid& to : pubsub::listeners(*this, *event)) deliver_stanza(event->event->addressed_to(to));
  } else if (const auto* wanted = std::get_if<LastItemsWanted>(&message)) {
    pubsub::show_last_items(*this, *wanted);
  } else {
    deliver_fanout(std::get<Fanout>(message));
  }
}

// Hop 7

void Shard::deliver_stanza(Stanza stanza) {
  const JidView to = stanza.to();
  if (!to.has_local() && is_local(to.domain())) return delivery::to_host(*this, std::move(stanza));
  // The hot path: no parking, no closure.
  if (Account* account = accounts_.loaded(to.bare()))
    return delivery::to_account(*account, std::move(stanza));
  if (!is_local(to.domain())) return deliver_away(std::move(stanza));

  const Jid bare(to.to_bare());
  const std::size_t bytes = stanza.cost() + kParkedMessageBytes;
  // std::function wants to be copyable
  auto parked = std::make_shared<ParkedStanza>(ParkedStanza{std::move(stanza), receipts_.part()});
  accounts_.with(bare, bytes, [this, parked](Account* account, bool failed) {
    const ReceiptScope scope(receipts_, std::move(parked->receipt));
    if (account != nullptr) return delivery::to_account(*account, std::move(parked->stanza));
    if (failed)
      return bounce(parked->stanza, StanzaCondition::internal_server_error,
                    "the account could not be read; try again");
    delivery::to_nobody(*this, std::move(parked->stanza));
  });
}

// A service's or a component's; or of a domain that a reload has taken out of service while the stanza was on
// its way.
void Shard::deliver_away(Stanza stanza) {
  const std::string_view domain = stanza.to().domain();
  if (config().service(domain) != nullptr) return rooms_->deliver(std::move(stanza));
  if (config().component(domain) == nullptr) return route(std::move(stanza));
  components_->of(domain).deliver(std::move(stanza));
}

void Shard::deliver_fanout(const Fanout& fanout) {
  for (const Jid& recipient : *fanout.recipients) {
    if (std::ranges::find(fanout.except, recipient) != fanout.except.end()) continue;
    if (recipient.is_bare() && is_local(recipient.domain())) {
      deliver_to_contact(recipient, fanout.stanza);
    } else {
      deliver_stanza(fanout.stanza->addressed_to(recipient));
    }
  }
}

void Shard::deliver_to_contact(const Jid& contact, const std::shared_ptr<const Stanza>& presence) {
  if (!contact.has_local()) return;  // a host has no use for it
  if (Account* account = accounts_.loaded(contact.full()))
    return presence::inbound_shared(*account, *presence);
  accounts_.with(contact, kParkedMessageBytes, [presence](Account* account, bool /*failed*/) {
    if (account != nullptr) presence::inbound_shared(*account, *presence);
  });
}

// Sessions

Session& Shard::bind(Account& account, Jid full, ClientLink& link) {
  const std::uint64_t id = services_.session_ids.fetch_add(1, std::memory_order_relaxed) + 1;
  Session& session = account.add_session(
      std::make_unique<Session>(account, std::move(full), link, id, reactor().wall_now()));
  ++session_count_;
  for (const auto& hook : features_->hooks().session_bound) hook.call(session);
  return session;
}

void Shard::make_room(Account& account) {
  if (account.sessions().size() < config().c2s.max_resources) return;
  for (const auto& session : account.sessions()) {  // in the order in which they were bound
    if (session->is_asleep()) return end_session(*session, "");
  }
}

void Shard::end_session(Session& session, std::string_view status) {
  Account& account = session.account();
  for (const auto& hook : features_->hooks().session_ended) hook.call(session);
  presence::end(session, status);
  if (session.is_managed()) streams_.remove(session);
  const std::unique_ptr<Session> ended = account.remove_session(session);
  --session_count_;
  if (ManagedStream* stream = ended->stream()) {
    if (stream->can_resume()) account.remember_stream(stream->id(), stream->incoming().handled());
    redeliver_all(*this, stream->outgoing());
  }
  if (account.sessions().empty()) accounts_.retire(account);
}

void Shard::lose_link(Session& session) {
  const ManagedStream* stream = session.stream();
  if (stopping_ || stream == nullptr || !stream->can_resume()) return end_session(session, "");
  session.fall_asleep(stream->resume_timeout());
}

void Shard::on_client_stanza(Session& session, Stanza stanza) {
  ++counters_.from_clients[stanza.kind()];
  if (overloaded_ && (stanza.is_message() || stanza.is_request())) {
    return bounce(stanza, StanzaCondition::resource_constraint,
                  "the server is overloaded; try again in a moment");
  }
  strip_forged_stamps(*this, stanza);
  switch (stanza.kind()) {
    case StanzaKind::message:
      // RFC 6120 §10.3.1: without `to` it is for the sender's own account.
      if (stanza.to().empty()) stanza = stanza.readdressed(stanza.from(), stanza.from().to_bare());
      break;
    case StanzaKind::presence: return on_client_presence(session, std::move(stanza));
    case StanzaKind::iq:
      if (stanza.to().empty()) {
        if (stanza.is_request()) delivery::handle_iq(*this, &session.account(), &session, std::move(stanza));
        return;
      }
      break;
  }
  if (FeatureSet::run(features_->hooks().outbound, session, stanza)) return;
  route(std::move(stanza));
}

void Shard::on_client_presence(Session& session, Stanza stanza) {
  const bool addressed = !stanza.to().empty();
  switch (stanza.type()) {
    case StanzaType::available:
    case StanzaType::unavailable:
      if (!addressed) {
        for (const auto& hook : features_->hooks().broadcast) hook.call(session, stanza);
        return presence::broadcast(session, std::move(stanza));
      }
      if (FeatureSet::run(features_->hooks().outbound, session, stanza)) return;
      return presence::directed(session, std::move(stanza));
    case StanzaType::subscribe:
    case StanzaType::subscribed:
    case StanzaType::unsubscribe:
    case StanzaType::unsubscribed:
      if (!addressed) return bounce(stanza, StanzaCondition::bad_request, "a subscription needs a contact");
      if (FeatureSet::run(features_->hooks().outbound, session, stanza)) return;
      return subscription::outbound(session, std::move(stanza));
    default:  // probes are the server's business (RFC 6121 §4.3); errors are passed on
      if (!addressed) return;
      if (FeatureSet::run(features_->hooks().outbound, session, stanza)) return;
      route(std::move(stanza));
  }
}

void Shard::with_account(const Jid& bare, std::function<void(Account*)> function) {
  accounts_.with(bare, kParkedMessageBytes,
                 [function = std::move(function)](Account* account, bool /*failed*/) { function(account); });
}

Task<AccountLookup> Shard::load_account(Jid bare) {
  // Shared: the waiter may be called after a stop has destroyed this frame.
  auto done = std::make_shared<Event>(reactor());
  auto outcome = std::make_shared<AccountLookup>(AccountLookup::missing);
  accounts_.with(bare, kParkedMessageBytes, [done, outcome](Account* account, bool failed) {
    *outcome = account != nullptr ? AccountLookup::found
               : failed           ? AccountLookup::failed
                                  : AccountLookup::missing;
    done->set();
  });
  co_await done->wait();
  co_return *outcome;
}

// Storage

void Shard::write(Account& account, std::size_t bytes, std::move_only_function<void(storage::Stores&)> change,
                  std::move_only_function<void(Result<void, storage::Error>)> done) {
  account.set_last_write(write_for(account.jid().full(), bytes, std::move(change), std::move(done)));
}

storage::WriteSeq Shard::write_for(std::string owner, std::size_t bytes,
                                   std::move_only_function<void(storage::Stores&)> change,
                                   std::move_only_function<void(Result<void, storage::Error>)> done) {
  const bool waits = config().storage.durability == Durability::commit;
  Receipt receipt = waits ? receipts_.part() : Receipt{};
  return services_.storage.write({.owner = std::move(owner), .bytes = bytes}, std::move(change),
                                 [this, receipt = std::move(receipt),
                                  done = std::move(done)](Result<void, storage::Error> result) mutable {
                                   reactor().post([this, receipt = std::move(receipt), done = std::move(done),
                                                   result = std::move(result)]() mutable {
                                     const ReceiptScope scope(receipts_, std::move(receipt));
                                     done(std::move(result));
                                   });
                                 });
}

bool Shard::accepts_for_storing(const Stanza& message) {
  if (services_.storage.accepting()) return true;
  const auto trouble = services_.storage.status().error;
  bounce(message, trouble ? condition_of(*trouble) : StanzaCondition::resource_constraint,
         "messages cannot be stored at the moment");
  return false;
}

StanzaCondition Shard::condition_of(const storage::Error& error) {
  switch (error.kind) {
    case storage::ErrorKind::no_space:
    case storage::ErrorKind::overloaded: return StanzaCondition::resource_constraint;
    case storage::ErrorKind::constraint: return StanzaCondition::item_not_found;
    default: return StanzaCondition::internal_server_error;
  }
}

std::string Shard::new_id() { return random_token(services_.random, 16); }

}  // namespace vestnik
