#include "shard/s2s/s2s_shard.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proto/base/crypto.h"
#include "proto/base/random.h"
#include "proto/jid/jid.h"
#include "proto/stanza/reply.h"
#include "shard/posted_batch.h"
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

class S2sShard::PostedStanza final : public Posted {
 public:
  PostedStanza(S2sShard& shard, Stanza stanza)
      : Posted(stanza.cost()), shard_(shard), stanza_(std::move(stanza)) {}
  void run() override { shard_.receive(std::move(stanza_)); }

 private:
  S2sShard& shard_;
  Stanza stanza_;
};

S2sShard::S2sShard(Services& services, std::shared_ptr<const Config> config,
                   std::shared_ptr<const TlsContext> tls)
    : services_(services),
      tls_(std::move(tls)),
      dialback_secret_(hmac(HashKind::sha256, services.server_secret, "dialback")),
      thread_(services.log, std::move(config)),
      resolver_(reactor(), thread_.config().dns),
      housekeeping_([this] { forget_idle_links(); }) {
  reactor().set_turn_work([this] { return turn_work(); });
}

S2sShard::~S2sShard() { thread_.forget_output(); }

// Hop 5

void S2sShard::route(Stanza stanza) {
  reactor().post(std::make_unique<PostedStanza>(*this, std::move(stanza)));
}

void S2sShard::receive(Stanza stanza) {
  using enum StanzaCondition;
  const std::string local(stanza.from().domain());
  const std::string remote(stanza.to().domain());
  if (is_local(remote)) return deliver(std::move(stanza));  // a reload has made it one of ours
  if (!config().s2s.enabled) {
    return answer(stanza, remote_server_not_found, "this server has no traffic with other servers");
  }
  if (stopping_) return answer(stanza, remote_server_timeout, "this server is stopping");
  if (!is_local(local)) return;  // its host is gone; nobody is left to be told
  if (links_.size() >= kMaxLinks && !links_.contains({local, remote})) {
    return answer(stanza, resource_constraint, "too many domains are being talked to; try again later");
  }
  link(local, remote).send(std::move(stanza));
}

void S2sShard::answer(const Stanza& stanza, StanzaCondition condition, std::string_view text) {
  if (!may_answer_with_error(stanza) || stanza.from().empty()) return;
  deliver(make_error(stanza, condition, text));
}

void S2sShard::deliver(Stanza stanza) {
  if (outgoing_.empty()) outgoing_.resize(services_.shards.size());
  // A component's domain is one entity.
  const JidView to = stanza.to();
  const bool to_component = config().host(to.domain()) == nullptr;
  Batch& batch = outgoing_[services_.map.owner(to_component ? to.domain() : to.bare()).shard];
  batch.bytes += stanza.cost();
  batch.messages.emplace_back(Deliver{std::move(stanza)});
}

bool S2sShard::turn_work() {
  const bool worked = thread_.end_turn();
  for (std::size_t target = 0; target < outgoing_.size(); ++target) {
    Batch& batch = outgoing_[target];
    if (batch.messages.empty()) continue;
    Shard& shard = *services_.shards[target];
    shard.reactor().post(std::make_unique<PostedBatch>(shard, std::exchange(batch.messages, {}),
                                                       std::exchange(batch.bytes, 0)));
  }
  thread_.set_congested(workers_are_congested());
  return worked;
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
  auto& link = links_[{std::string(local), std::string(remote)}];
  if (!link) link = std::make_shared<s2s::Link>(*this, std::string(local), std::string(remote));
  return *link;
}

void S2sShard::forget_idle_links() {
  std::erase_if(links_, [](const auto& entry) { return entry.second->is_forgettable(); });
  reactor().set(housekeeping_, kHousekeeping);
}

void S2sShard::peer_is_alive(std::string_view domain) {
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
  boost::system::error_code error;
  const auto peer = socket.remote_endpoint(error).address();
  if (error) return;  // gone already
  AddressSlot slot;
  if (!slot.take(services_, peer, config().limits)) {
    log().warn("s2s.refused", {{"address", peer.to_string()}, {"reason", "too many connections"}});
    return;
  }
  std::make_shared<s2s::IncomingStream>(*this, std::move(socket), direct_tls, std::move(slot))->start();
}

// Life

void S2sShard::start() {
  resolver_.start();
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
  for (auto& [pair, link] : links_) {
    if (!is_local(pair.first) || link->policy() == S2sPolicy::blocked) {
      link->give_up({StanzaCondition::not_allowed, "this server has no traffic with the domain any more"});
    }
  }
}

void S2sShard::stop(std::function<void()> done) {
  stopping_ = true;
  housekeeping_.cancel();
  for (auto& acceptor : acceptors_) acceptor->close();
  for (auto& [pair, link] : links_) {
    link->give_up({StanzaCondition::remote_server_timeout, "this server is stopping"});
  }
  resolver_.close();
  const std::set<s2s::ServerStream*> streams = streams_;
  for (s2s::ServerStream* stream : streams) stream->close({StreamCondition::system_shutdown, ""});
  tasks().on_empty(std::move(done));
}

void S2sShard::abort_connections() {
  const std::set<s2s::ServerStream*> streams = streams_;
  for (s2s::ServerStream* stream : streams) stream->abort("this server is stopping");
}

}  // namespace vestnik
