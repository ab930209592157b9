#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "core/io/acceptor.h"
#include "core/io/resolver.h"
#include "core/io/tls_context.h"
#include "core/log/log.h"
#include "proto/stanza/stanza.h"
#include "proto/xml/document.h"
#include "shard/message.h"
#include "shard/outgoing_batch.h"
#include "shard/receipts/receipt.h"
#include "shard/s2s/domain_pair.h"
#include "shard/s2s/inbound.h"
#include "shard/s2s/link.h"
#include "shard/s2s/server_stream.h"
#include "shard/s2s/spool.h"
#include "shard/services.h"

namespace vestnik {

/// A dedicated shard for other domains: a thread and a mailbox of its own, so that no worker ever waits for
/// a remote server. It owns every stream with the servers of its domains (ShardMap::s2s_of), both directions,
/// and the queues before them. A stream that another server opens moves there when it says whose it is.
/// Everything here is its thread's alone, unless a function says otherwise.
class S2sShard {
 public:
  /// Throws std::runtime_error when `[dns]` has what cannot be used.
  S2sShard(ShardId id, Services& services, std::shared_ptr<const Config> config,
           std::shared_ptr<const TlsContext> tls);
  ~S2sShard();
  S2sShard(const S2sShard&) = delete;
  S2sShard& operator=(const S2sShard&) = delete;

  ShardId id() const { return id_; }
  /// Whether it is the one for this domain.
  bool owns(std::string_view domain) const { return services_.map.s2s_of(domain) == id_; }
  /// What the streams use of it.
  StreamThread& thread() { return thread_; }
  Reactor& reactor() { return thread_.reactor(); }
  Services& services() { return services_; }
  const Config& config() const { return thread_.config(); }
  Log& log() { return services_.log; }
  TaskScope& tasks() { return thread_.tasks(); }
  Resolver& resolver() { return resolver_; }
  /// For one tree at a time; none is alive over a suspension.
  xml::Document& document() { return document_; }
  /// What dialback keys are made with.
  const std::string& dialback_secret() const { return dialback_secret_; }
  std::string new_id();
  /// Whether the domain is one that other servers reach here: a host, a service of one or a component.
  bool is_local(std::string_view domain) const { return config().serves(domain); }
  std::unique_ptr<TlsEngine> new_tls_server(std::string_view host) const;
  std::unique_ptr<TlsEngine> new_tls_client(std::string_view host, std::string_view server) const;

  /// What has been handled of what the workers sent, and of what other servers sent.
  ReceiptDesk& receipts() { return receipts_; }
  s2s::Spool& spool() { return spool_; }
  s2s::InboundTable& inbound() { return inbound_; }

  /// A batch from a worker has arrived (hop 6): stanzas whose `to` is no host of ours, and shares of what
  /// other servers have sent.
  void receive(std::vector<EntityMessage> batch, Reactor::Clock::time_point sent);
  /// Sends a stanza to another domain, one of this shard's; `receipt` is kept until it is safe there, stored
  /// or answered.
  void send(Stanza stanza, Receipt receipt = {});
  /// The same for one whose domain may be another S2S shard's.
  void send_to_owner(Stanza stanza);
  /// Hands a stanza to the shard of its addressee, with the others of this turn.
  void deliver(Stanza stanza, Receipt receipt = {});
  /// Answers a stanza that cannot be sent with an error, unless such stanzas must not be answered.
  void answer(const Stanza& stanza, StanzaCondition condition, std::string_view text);
  /// The way from our host to another domain; made if there is none yet.
  s2s::Link& link(std::string_view local, std::string_view remote);
  /// One that only asks whether keys are the domain's, where the link may not (XEP-0288 §2.2).
  s2s::Link& asker(std::string_view local, std::string_view remote);
  using Links = std::map<s2s::DomainPair, std::shared_ptr<s2s::Link>, s2s::ByDomains>;
  const Links& links() const { return links_; }
  /// All streams, whichever side made the connection.
  std::set<s2s::ServerStream*>& streams() { return streams_; }
  /// What all streams of the domain may read in a second together; null: as much as comes.
  std::shared_ptr<ByteRate> rate_of(const std::string& domain);
  /// The domain's server has proven itself: links that gave up on it may try again.
  void peer_is_alive(std::string_view domain);

  /// Listens on the configured addresses. Before the thread runs; throws what Acceptor throws.
  void listen();
  /// Starts accepting and resolving; on the thread.
  void start();
  /// Takes over a new configuration; streams that it no longer allows end.
  void apply_config(std::shared_ptr<const Config> config, std::shared_ptr<const TlsContext> tls);
  /// Answers what waits, ends all streams and calls `done` when the last is gone.
  void stop(std::function<void()> done);
  bool stopping() const { return stopping_; }
  /// Cuts off what is still connected after stop()'s deadline.
  void abort_connections();

 private:
  void hold(EntityMessage message);
  void take(EntityMessage message);
  void send_spooled(storage::SpoolId id, Stanza stanza);
  void spool_is_read();
  void settle_inbound();
  void return_receipts();
  s2s::Link& find_or_make(Links& links, std::string_view local, std::string_view remote, s2s::Link::Use use);
  void accept(Transport::Socket socket, bool direct_tls);
  bool turn_work();
  void post_outgoing();
  bool workers_are_congested() const;
  void forget_idle_links();

  ShardId id_;
  Services& services_;
  std::shared_ptr<const TlsContext> tls_;
  std::string dialback_secret_;
  ReceiptDesk receipts_;  ///< before all that may hold receipts when the shard goes
  StreamThread thread_;
  s2s::Spool spool_{*this};
  s2s::InboundTable inbound_{*this};
  Resolver resolver_;
  xml::Document document_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::vector<OutgoingBatch> outgoing_;  ///< by shard
  std::vector<EntityMessage> held_;      ///< came while the spool was being read
  std::size_t held_bytes_ = 0;           ///< at most s2s.queue_bytes
  bool spool_read_ = false;
  std::set<s2s::ServerStream*> streams_;
  Links links_;
  Links askers_;
  std::map<std::string, std::weak_ptr<ByteRate>> rates_;  ///< by domain
  Timer housekeeping_;
  bool stopping_ = false;
};

}  // namespace vestnik
