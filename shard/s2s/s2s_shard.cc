#include "shard/s2s/s2s_shard.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proto/base/crypto.h"
#include "proto/base/random.h"
#include "proto/jid/jid.h"
#include "proto/stanza/reply.h"
#include "shard/s2s/incoming.h"
#include "shard/s2s/literal.h"
#include "shard/shard.h"
#include "shard/stream/address_slot.h"

namespace vestnik {
namespace {

constexpr std::string_view kAlpn = "xmpp-server";
// How often links that nobody uses are looked for, and how many there may be before that.
constexpr std::chrono::milliseconds kHousekeeping{60'000};
constexpr std::size_t kMaxLinks = 50'000;

}  // namespace

S2sShard::S2sShard(ShardId id, Services& services, std::shared_ptr<const Config> config,
                   std::shared_ptr<const TlsContext> tls)
    : id_(id),
      services_(services),
      tls_(std::move(tls)),
      dialback_secret_(hmac(HashKind::sha256, services.server_secret, "dialback")),
      receipts_(services.map.all()),
      thread_(services.log, std::move(config)),
      resolver_(reactor(), thread_.config().dns),
      outgoing_(services.map.all()),
      housekeeping_([this] { forget_idle_links(); }) {
  reactor().set_turn_work([this] { return turn_work(); });
}

S2sShard::~S2sShard() { thread_.forget_output(); }

// Hop 5

void S2sShard::receive(std::vector<EntityMessage> batch, Reactor::Clock::time_point /*sent*/) {
  for (auto& message : batch) {
    if (spool_read_) {
      take(std::move(message));
    } else {
      hold(std::move(message));
    }
  }
}

// Until what an earlier run has left behind is in the queues, which is to be sent first.
void S2sShard::hold(EntityMessage message) {
  auto* deliver = std::get_if<Deliver>(&message);
  if (deliver != nullptr && held_bytes_ + cost(message) > config().s2s.queue_bytes) {
    const Receipt receipt = receipts_.take(deliver->receipt);
    return answer(deliver->stanza, StanzaCondition::resource_constraint,
                  "this server is starting; try again later");
  }
  held_bytes_ += cost(message);
  held_.push_back(std::move(message));
}

void S2sShard::take(EntityMessage message) {
  if (auto* deliver = std::get_if<Deliver>(&message)) {
    send(std::move(deliver->stanza), receipts_.take(deliver->receipt));
  } else if (const auto* settled = std::get_if<ReceiptsSettled>(&message)) {
    for (const ReceiptToken& token : settled->tokens) inbound_.settle(token);
  } else if (const auto* fanout = std::get_if<Fanout>(&message)) {
    for (const Jid& recipient : *fanout->recipients) {
      if (std::ranges::find(fanout->except, recipient) == fanout->except.end())
        send(fanout->stanza->addressed_to(recipient));
    }
  }
}

void S2sShard::send(Stanza stanza, Receipt receipt) {
  using enum StanzaCondition;
  const std::string_view local = stanza.from().domain();
  const std::string_view remote = stanza.to().domain();
  // A reload has made it one of ours.
  if (is_local(remote)) return deliver(std::move(stanza), std::move(receipt));
  if (!config().s2s.enabled) {
    return answer(stanza, remote_server_not_found, "this server has no traffic with other servers");
  }
  if (stopping_) return answer(stanza, remote_server_timeout, "this server is stopping");
  if (!is_local(local)) return;  // its host is gone; nobody is left to be told
  if (links_.size() >= kMaxLinks && !links_.contains(std::pair(local, remote))) {
    return answer(stanza, resource_constraint, "too many domains are being talked to; try again later");
  }
  link(local, remote).send(std::move(stanza), std::move(receipt));
}

void S2sShard::send_to_owner(Stanza stanza) {
  S2sShard& owner = services_.s2s_of(stanza.to().domain());
  if (&owner == this) return send(std::move(stanza));
  owner.reactor().post([&owner, stanza = std::move(stanza)]() mutable { owner.send(std::move(stanza)); });
}

// What an earlier run has left behind.
void S2sShard::send_spooled(storage::SpoolId id, Stanza stanza) {
  if (stopping_ || !owns(stanza.to().domain())) return;
  const std::string_view local = stanza.from().domain();
  const std::string_view remote = stanza.to().domain();
  const S2sConfig& s2s = config().s2s;
  if (s2s.enabled && is_local(local) && !is_local(remote) && s2s.policy_of(remote) != S2sPolicy::blocked) {
    return link(local, remote).send_spooled(id, std::move(stanza));
  }
  spool_.remove(id);
  send(std::move(stanza));
}

void S2sShard::spool_is_read() {
  spool_read_ = true;
  for (auto& message : std::exchange(held_, {})) take(std::move(message));
}

void S2sShard::answer(const Stanza& stanza, StanzaCondition condition, std::string_view text) {
  if (!may_answer_with_error(stanza) || stanza.from().empty()) return;
  deliver(make_error(stanza, condition, text));
}

void S2sShard::deliver(Stanza stanza, Receipt receipt) {
  // A component's domain is one entity.
  const JidView to = stanza.to();
  const bool to_component = config().component(to.domain()) != nullptr;
  const ShardId target = services_.map.owner(to_component ? to.domain() : to.bare()).shard;
  outgoing_[target].add(Deliver{std::move(stanza), receipt.release()});
}

bool S2sShard::turn_work() {
  settle_inbound();
  const bool worked = thread_.end_turn();
  spool_.end_turn();
  return_receipts();
  post_outgoing();
  thread_.set_congested(workers_are_congested());
  return worked;
}

void S2sShard::post_outgoing() {
  const ShardId workers = services_.map.shards();
  for (ShardId target = 0; target < outgoing_.size(); ++target) {
    if (outgoing_[target].empty()) continue;
    if (target < workers) {
      outgoing_[target].post_to(*services_.shards[target]);
    } else {
      outgoing_[target].post_to(*services_.s2s[target - workers]);
    }
  }
}

// What is handled here itself. Before streams are written: they may have to say so.
void S2sShard::settle_inbound() {
  for (const ReceiptToken& token : std::exchange(receipts_.settled()[id_], {})) {
    inbound_.settle(token);
  }
}

// One message per origin and turn (RULES 3).
void S2sShard::return_receipts() {
  for (ShardId target = 0; target < outgoing_.size(); ++target) {
    auto& settled = receipts_.settled()[target];
    if (!settled.empty()) outgoing_[target].add(ReceiptsSettled{std::exchange(settled, {})});
  }
}

bool S2sShard::workers_are_congested() const {
  const QueueMarks& marks = config().limits.mailbox;
  const std::uint64_t most = thread_.congested() ? marks.low : marks.soft;
  return std::ranges::any_of(services_.shards,
                             [most](Shard* shard) { return shard->reactor().mailbox_bytes() > most; });
}

// Streams

std::string S2sShard::new_id() { return random_token(services_.random, 16); }

std::unique_ptr<TlsEngine> S2sShard::new_tls_server(std::string_view host) const {
  return std::make_unique<TlsEngine>(tls_, host, kAlpn);
}

std::unique_ptr<TlsEngine> S2sShard::new_tls_client(std::string_view host, std::string_view server) const {
  const auto name = domain_to_ascii(server);  // an address is not named by SNI (RFC 6066 §3)
  const bool named = name && !s2s::parse_literal(server);
  return std::make_unique<TlsEngine>(tls_, host, named ? *name : "", kAlpn);
}

s2s::Link& S2sShard::link(std::string_view local, std::string_view remote) {
  return find_or_make(links_, local, remote, s2s::Link::Use::stanzas);
}

s2s::Link& S2sShard::asker(std::string_view local, std::string_view remote) {
  return find_or_make(askers_, local, remote, s2s::Link::Use::questions);
}

s2s::Link& S2sShard::find_or_make(Links& links, std::string_view local, std::string_view remote,
                                  s2s::Link::Use use) {
  const auto found = links.find(std::pair(local, remote));
  if (found != links.end()) return *found->second;
  auto link = std::make_shared<s2s::Link>(*this, std::string(local), std::string(remote), use);
  return *links.emplace(s2s::DomainPair(local, remote), std::move(link)).first->second;
}

void S2sShard::forget_idle_links() {
  const auto is_forgettable = [](const auto& entry) { return entry.second->is_forgettable(); };
  std::erase_if(links_, is_forgettable);
  std::erase_if(askers_, is_forgettable);
  std::erase_if(rates_, [](const auto& entry) { return entry.second.expired(); });
  reactor().set(housekeeping_, kHousekeeping);
}

std::shared_ptr<ByteRate> S2sShard::rate_of(const std::string& domain) {
  const std::uint64_t limit = config().limits.s2s_bytes_per_second;
  if (limit == 0) return nullptr;
  std::weak_ptr<ByteRate>& known = rates_[domain];
  auto rate = known.lock();
  if (!rate) known = rate = ByteRate::of(limit);
  return rate;
}

void S2sShard::peer_is_alive(std::string_view domain) {
  if (!owns(domain)) {  // proven on a stream that another domain opened
    S2sShard& owner = services_.s2s_of(domain);
    return owner.reactor().post([&owner, domain = std::string(domain)] { owner.peer_is_alive(domain); });
  }
  for (auto& [pair, link] : links_) {
    if (pair.second == domain) link->forgive();
  }
}

void S2sShard::listen() {
  const S2sConfig& s2s = config().s2s;
  if (!s2s.enabled) return;
  const auto add = [this](const std::string& address, std::uint16_t port, bool direct_tls) {
    if (port == 0) return;
    acceptors_.push_back(std::make_unique<Acceptor>(
        reactor(), address, port,
        [this, direct_tls](Transport::Socket socket) { accept(std::move(socket), direct_tls); }));
  };
  for (const auto& address : s2s.listen) {
    add(address, s2s.starttls_port, false);
    add(address, s2s.direct_tls_port, true);
  }
}

void S2sShard::accept(Transport::Socket socket, bool direct_tls) {
  auto slot = admit(services_, config().limits, socket, "s2s.refused");
  if (!slot) return;
  std::make_shared<s2s::IncomingStream>(*this, std::move(socket), direct_tls, std::move(*slot))->start();
}

// Life

void S2sShard::start() {
  resolver_.start();
  spool_.load([this](storage::SpoolId id, Stanza stanza) { send_spooled(id, std::move(stanza)); },
              [this] { spool_is_read(); });
  for (auto& acceptor : acceptors_) acceptor->start(tasks());
  reactor().set(housekeeping_, kHousekeeping);
}

void S2sShard::apply_config(std::shared_ptr<const Config> config, std::shared_ptr<const TlsContext> tls) {
  thread_.set_config(std::move(config));
  tls_ = std::move(tls);
  const std::set<s2s::ServerStream*> streams = streams_;  // closing changes the set
  for (s2s::ServerStream* stream : streams) {
    if (auto* incoming = dynamic_cast<s2s::IncomingStream*>(stream)) incoming->look_at_policy();
  }
  for (const Links* links : {&links_, &askers_}) {
    for (const auto& [pair, link] : *links) {
      if (is_local(pair.first) && link->policy() != S2sPolicy::blocked) continue;
      link->give_up({StanzaCondition::not_allowed, "this server has no traffic with the domain any more"});
    }
  }
}

void S2sShard::stop(std::function<void()> done) {
  stopping_ = true;
  housekeeping_.cancel();
  for (auto& acceptor : acceptors_) acceptor->close();
  spool_is_read();
  for (const Links* links : {&links_, &askers_}) {
    for (const auto& [pair, link] : *links) {
      link->stop({StanzaCondition::remote_server_timeout, "this server is stopping"});
    }
  }
  resolver_.close();
  const std::set<s2s::ServerStream*> streams = streams_;
  for (s2s::ServerStream* stream : streams) {
    // Those that a link sends on end when that is acknowledged.
    const auto* incoming = dynamic_cast<const s2s::IncomingStream*>(stream);
    if (incoming != nullptr && !stream->is_winding_up())
      stream->close({StreamCondition::system_shutdown, ""});
  }
  tasks().on_empty(std::move(done));
}

void S2sShard::abort_connections() {
  const std::set<s2s::ServerStream*> streams = streams_;
  for (s2s::ServerStream* stream : streams) stream->abort("this server is stopping");
}

}  // namespace vestnik
