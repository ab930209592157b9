#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/config/log_level.h"
#include "core/config/network.h"
#include "proto/base/limits.h"
#include "proto/jid/jid.h"

namespace vestnik {

/// The configuration as plain values. Every field has the default that a file without its key gets; names,
/// bounds and documentation of the keys are in core/config/schema.cc. Built on the main thread, then shared
/// unchanged between threads as `std::shared_ptr<const Config>`; a reload builds a new one.
///
/// Units: durations are chrono types, sizes are bytes in std::uint64_t, addresses and domains are canonical.

using std::chrono::milliseconds;
using std::chrono::seconds;

/// `[server]`: the process.
struct ServerConfig {
  std::uint32_t workers = 0;  ///< shards; 0: one per core
  std::string data_dir = "/var/lib/vestnik";
  std::string control_socket = "/run/vestnik/control.sock";
  std::string pid_file;                ///< empty: none
  milliseconds stop_deadline{10'000};  ///< for an orderly stop; what is not done by then is cut off

  /// `workers`, or the number of cores this process may use.
  std::uint32_t worker_count() const;
};

/// The kinds of contact that XEP-0157 defines, each a list of URIs (`mailto:`, `xmpp:`, `https:`).
struct ContactAddresses {
  std::vector<std::string> abuse;
  std::vector<std::string> admin;
  std::vector<std::string> feedback;
  std::vector<std::string> sales;
  std::vector<std::string> security;
  std::vector<std::string> support;
};

/// `[[host.group]]`: a shared roster group.
struct SharedGroup {
  std::string name;
  bool everyone = false;     ///< all accounts of the host are members
  std::vector<Jid> members;  ///< bare
};

/// `[[host]]`: a domain served here.
struct HostConfig {
  std::string name;                            ///< canonical: lower-case U-labels
  std::vector<Jid> admins;                     ///< bare
  std::string certificate;                     ///< PEM chain; empty: the one of [tls]
  std::string key;                             ///< PEM; empty: the one of [tls]
  bool anonymous = false;                      ///< SASL ANONYMOUS
  bool registration = false;                   ///< XEP-0077 for everybody
  std::uint32_t scram_iterations = 10'000;     ///< for passwords set from now on
  milliseconds archive_retention{0};           ///< archived messages older than this are deleted; 0: none
  std::uint32_t archive_messages = 1'000'000;  ///< the newest of each account that are kept; 0: all
  ContactAddresses contacts;
  std::vector<SharedGroup> groups;
};

enum class TlsVersion : std::uint8_t { tls1_2, tls1_3 };

/// `[tls]`: what hosts use that name no certificate of their own, and how connections are secured.
struct TlsConfig {
  std::string certificate;  ///< PEM chain
  std::string key;          ///< PEM
  std::string client_ca;    ///< PEM; certificates of clients (SASL EXTERNAL) are asked for iff set
  TlsVersion min_version = TlsVersion::tls1_2;
  std::string ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";  ///< TLS 1.2, OpenSSL's syntax
  std::string cipher_suites;                            ///< TLS 1.3; empty: OpenSSL's default
  std::string groups = "X25519:P-256:P-384";            ///< key exchange, in order of preference
  bool tickets = true;                                  ///< session resumption by tickets
};

enum class ResourceConflict : std::uint8_t {
  replace,  ///< the old session ends with <conflict/>
  reject,   ///< the new bind is answered <conflict/>
};

/// `[c2s]`: clients over TCP.
struct C2sConfig {
  std::vector<std::string> listen{"::", "0.0.0.0"};  ///< address literals
  std::uint16_t starttls_port = 5222;                ///< 0: off
  std::uint16_t direct_tls_port = 5223;              ///< 0: off
  bool tls_required = true;                          ///< no authentication before TLS
  ResourceConflict resource_conflict = ResourceConflict::replace;
  std::uint32_t max_resources = 10;          ///< sessions of one account
  milliseconds negotiation_timeout{30'000};  ///< from accept to a bound or resumed session
  milliseconds idle_timeout{300'000};        ///< silence after which the client is asked for a sign of life
  milliseconds keepalive_timeout{60'000};    ///< how long that sign may take; then the connection is dead
  milliseconds resume_timeout{300'000};  ///< XEP-0198: how long a session waits for its client; 0: not at all
  std::string resume_location;           ///< XEP-0198: where clients are told to come back to; empty: nowhere
};

/// How another server has to prove which domain it is.
enum class S2sPolicy : std::uint8_t {
  secure,    ///< by a certificate that names the domain
  dialback,  ///< by that, or by dialback
  blocked,   ///< not at all: there is no traffic with it
};

/// `[s2s]`: other servers.
struct S2sConfig {
  bool enabled = true;
  std::uint32_t workers = 1;  ///< threads, each with its share of the domains
  std::vector<std::string> listen{"::", "0.0.0.0"};
  std::uint16_t starttls_port = 5269;    ///< 0: off
  std::uint16_t direct_tls_port = 5270;  ///< 0: off
  std::string trust;                     ///< PEM; empty: the authorities the system trusts
  bool tls_required = true;
  bool bidirectional = true;             ///< XEP-0288, in both roles
  bool dane = true;                      ///< RFC 7673, where dns.trust_anchor lets answers be verified
  S2sPolicy policy = S2sPolicy::secure;  ///< for the domains that none of the three lists names
  std::vector<std::string> secure;
  std::vector<std::string> dialback;
  std::vector<std::string> blocked;
  milliseconds connect_timeout{30'000};      ///< from the first stanza to an authenticated stream
  milliseconds negotiation_timeout{30'000};  ///< of incoming streams: from accept to the first proof
  milliseconds idle_timeout{600'000};        ///< without a stanza; the stream is closed
  milliseconds retry_min{5'000};             ///< after a failure, doubled with each further one
  milliseconds retry_max{300'000};
  milliseconds resume_timeout{300'000};    ///< after a managed stream was lost, in both roles
  std::uint64_t queue_bytes = 4ULL << 20;  ///< waiting for one domain; more is refused

  S2sPolicy policy_of(std::string_view domain) const;
};

/// Which iq requests somebody may make.
enum class IqAccess : std::uint8_t { none, get, set, both };
/// As the configuration and XEP-0356 write it.
std::string_view to_string(IqAccess access);

/// A namespace whose requests a component may make in users' names (XEP-0356 §6).
struct IqPrivilege {
  std::string ns;
  IqAccess access = IqAccess::none;
};

/// A namespace whose requests a component answers (XEP-0355).
struct Delegation {
  std::string ns;
  std::vector<std::string> attributes;  ///< that the request's payload must have; else it is not for it
};

/// `[[component]]`: a program that serves a domain of its own over a stream with us (XEP-0114).
struct ComponentConfig {
  std::string name;    ///< its domain, canonical
  std::string secret;  ///< what it proves that it is the right one with
  // What it may do for all users of all hosts (XEP-0356), and instead of this server (XEP-0355)
  IqAccess roster = IqAccess::none;   ///< which requests for contact lists
  bool roster_pushes = true;          ///< hears of changes of the lists that it may read
  bool messages = false;              ///< writes in the names of users and hosts
  bool presence = false;              ///< hears who comes and goes
  std::vector<IqPrivilege> requests;  ///< makes in users' names
  std::vector<Delegation> delegated;

  bool hears_pushes() const { return roster_pushes && (roster == IqAccess::get || roster == IqAccess::both); }
  bool is_privileged() const { return roster != IqAccess::none || messages || presence || !requests.empty(); }
};

/// `[components]`: how they connect.
struct ComponentsConfig {
  std::vector<std::string> listen{"127.0.0.1"};
  std::uint16_t port = 5347;                 ///< in the clear; 0: off
  std::uint16_t tls_port = 0;                ///< TLS from the first byte; 0: off
  std::uint32_t connections = 8;             ///< of one component at a time
  milliseconds negotiation_timeout{30'000};  ///< from accept to the handshake
  std::uint64_t queue_bytes = 4ULL << 20;    ///< waiting for one connection; more is refused
  milliseconds answer_timeout{30'000};       ///< of a request that was delegated or is made for one
};

/// `[http]`: the web.
struct HttpConfig {
  std::vector<std::string> listen{"::", "0.0.0.0"};    ///< with TLS
  std::uint16_t tls_port = 5443;                       ///< 0: off
  std::vector<std::string> plain_listen{"127.0.0.1"};  ///< without
  std::uint16_t port = 5280;                           ///< without TLS; 0: off
  std::string public_url;                              ///< `https://chat.example.org`; empty: as asked
  std::vector<std::string> origins{"*"};               ///< whose pages may connect
  /// Peers whose word counts for whom they speak, and whose connections need no TLS of their own.
  std::vector<Network> proxies = loopback_networks();
  std::vector<Network> metrics_from = loopback_networks();  ///< who may read /metrics
  milliseconds idle_timeout{60'000};                        ///< between two requests
};

/// `[dns]`: how other servers are found.
struct DnsConfig {
  std::vector<std::string> forwarders;  ///< addresses; empty: those of /etc/resolv.conf
  std::vector<std::string> records;     ///< in the notation of zone files
  std::vector<std::string> zones;       ///< answered from `records` alone
  std::string trust_anchor;             ///< for DNSSEC; empty: signatures are not looked at
  milliseconds timeout{10'000};         ///< of one question
};

/// When a write counts as done (RULES 3).
enum class Durability : std::uint8_t {
  commit,   ///< acknowledged means committed and synced
  relaxed,  ///< acknowledged means accepted; a crash may lose the last moments
};

/// `[storage]`
struct StorageConfig {
  /// An SQLite file or the URL of a PostgreSQL database; empty in the configuration: vestnik.db in data_dir
  /// (filled in by the loader).
  std::string path;
  Durability durability = Durability::commit;
  std::uint32_t readers = 2;  ///< threads that read
  std::uint64_t queue_bytes =
      64ULL << 20;  ///< of waiting writes; beyond it stanzas that need storing are refused
};

/// A queue's marks in bytes: over `soft` its producers stop reading, under `low` they go on, over `hard` work
/// is refused.
struct QueueMarks {
  std::uint64_t low = 0;
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

/// `[limits]`: RULES 4 and SECURITY.
struct LimitsConfig {
  // Memory between threads and towards peers
  QueueMarks mailbox{
      .low = 8ULL << 20, .soft = 16ULL << 20, .hard = 64ULL << 20};  ///< of a shard, with parked stanzas
  std::uint64_t outbox_hard = 4ULL << 20;                            ///< the connection is closed
  milliseconds outbox_stall{60'000};         ///< without progress: the connection is closed
  milliseconds parked_deadline{5'000};       ///< a stanza waiting for its entity to load
  std::uint32_t unacked_stanzas = 2'000;     ///< XEP-0198: sent to one session and not acknowledged
  std::uint64_t unacked_bytes = 4ULL << 20;  ///< likewise
  // What one stream may send
  XmlLimits c2s_xml{};                               ///< after authentication
  XmlLimits s2s_xml{.element_bytes = 512ULL << 10};  ///< after authentication
  XmlLimits preauth_xml = XmlLimits::before_authentication();
  std::uint64_t c2s_bytes_per_second = 0;  ///< reading rate per stream; 0: as fast as it comes
  std::uint64_t s2s_bytes_per_second = 0;  ///< of all streams of one domain together; 0: as they come
  // Logging in
  std::uint32_t sasl_attempts = 3;                 ///< per stream
  std::uint32_t auth_failures_per_address = 30;    ///< per minute
  std::uint32_t auth_failures_per_account = 20;    ///< per minute
  std::uint32_t connections_per_address = 1'000;   ///< open at a time
  std::uint32_t unauthenticated_per_address = 50;  ///< of those, not logged in yet
  std::uint32_t unauthenticated_total = 4'000;     ///< in the process, not logged in yet
  std::uint32_t handshake_steps = 4;               ///< TLS handshake steps per shard and loop turn
  std::vector<Network> trusted;  ///< exempt from the limits per address, and only from those
  // What one account may keep
  std::uint32_t roster_items = 1'000;
  std::uint32_t blocklist_items = 1'000;
  std::uint32_t offline_messages = 1'000;
  std::uint64_t offline_bytes = 8ULL << 20;
  std::uint64_t private_bytes = 1ULL << 20;  ///< XEP-0049, all elements together
  std::uint64_t vcard_bytes = 256ULL << 10;
};

enum class LogFormat : std::uint8_t { text, json };

/// `[log]`
struct LogConfig {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
  std::string file;                   ///< empty: stderr (as journald likes it, where stderr is a journal)
  std::uint32_t queue_lines = 8'192;  ///< waiting to be written; beyond it the oldest are dropped and counted
};

/// The value of an option that a feature declares (core/config/feature_spec.h): a count is std::uint32_t, a
/// size in bytes std::uint64_t.
using OptionValue =
    std::variant<bool, std::uint32_t, std::uint64_t, milliseconds, std::string, std::vector<std::string>>;

/// `[features.NAME]`
struct FeatureConfig {
  bool enabled = true;
  std::map<std::string, OptionValue, std::less<>> options;  ///< complete: every declared option is here

  /// The option `key`, which the feature declared with type T.
  template <typename T>
  const T& get(std::string_view key) const {
    return std::get<T>(options.find(key)->second);
  }
};

/// A domain below a host at which a feature serves addresses of its own: rooms, nodes. Each address is an
/// entity, and so is the domain.
struct ServiceConfig {
  std::string domain;   ///< `conference.example.org`
  std::string host;     ///< `example.org`
  std::string feature;  ///< `muc`

  friend bool operator==(const ServiceConfig&, const ServiceConfig&) = default;
};

/// The whole configuration.
struct Config {
  ServerConfig server;
  std::vector<HostConfig> hosts;
  TlsConfig tls;
  C2sConfig c2s;
  S2sConfig s2s;
  ComponentsConfig components;
  std::vector<ComponentConfig> component_list;
  HttpConfig http;
  DnsConfig dns;
  StorageConfig storage;
  LimitsConfig limits;
  LogConfig log;
  std::map<std::string, FeatureConfig, std::less<>>
      features;  ///< complete: every feature of the list is here
  /// Those of the enabled features on all hosts, by domain; filled in by the loader. A host or a component of
  /// the same name stands before them.
  std::vector<ServiceConfig> services;

  /// The host of this canonical name, or null.
  const HostConfig* host(std::string_view name) const;
  /// The component of this canonical domain, or null.
  const ComponentConfig* component(std::string_view name) const;
  /// The service of this canonical domain, or null.
  const ServiceConfig* service(std::string_view domain) const;
  /// Whether what happens at the domain happens in this server: it is a host or a service of one.
  bool is_own(std::string_view domain) const { return host(domain) != nullptr || service(domain) != nullptr; }
  /// Whether stanzas to the domain stay here: it is ours or a component.
  bool serves(std::string_view domain) const { return is_own(domain) || component(domain) != nullptr; }
  /// Whether the feature is part of the build and not disabled.
  bool feature_enabled(std::string_view name) const;
};

}  // namespace vestnik
