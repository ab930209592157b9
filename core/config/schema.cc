#include "core/config/schema.h"

#include <iterator>

#include "core/config/size_literals.h"

namespace vestnik::config {
namespace {

using enum Applies;
using std::chrono::hours;
using std::chrono::minutes;

/// The keys of what one kind of stream may send.
std::vector<Key<LimitsConfig>> xml_keys(const std::string& prefix, XmlLimits LimitsConfig::* limits,
                                        Size bytes, const std::string& whose) {
  const auto member = [limits](auto XmlLimits::* field) {
    return [limits, field](auto& config) -> auto& { return config.*limits.*field; };
  };
  return {
      {prefix + "_bytes", member(&XmlLimits::element_bytes), bytes, at_reload,
       "Bytes of one top-level element (a stanza) of " + whose + "; a larger one ends the stream."},
      {prefix + "_elements", member(&XmlLimits::elements), Count{8, 1'000'000}, at_reload,
       "Elements within one top-level element."},
      {prefix + "_attributes", member(&XmlLimits::attributes), Count{8, 1'024}, at_reload,
       "Attributes of one element, with namespace declarations."},
      {prefix + "_depth", member(&XmlLimits::depth), Count{4, 200}, at_reload,
       "Nesting of elements in one top-level element."},
  };
}

template <typename T>
void append(std::vector<Key<T>>& keys, std::vector<Key<T>> more) {
  keys.insert(keys.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::vector<Key<LimitsConfig>> memory_keys() {
  using L = LimitsConfig;
  return {
      {"mailbox_low", [](auto& limits) -> auto& { return limits.mailbox.low; }, Size{64_KiB, 1_GiB},
       at_reload, "Bytes waiting for a shard under which connections that were held up go on."},
      {"mailbox_soft", [](auto& limits) -> auto& { return limits.mailbox.soft; }, Size{128_KiB, 2_GiB},
       at_reload, "Bytes waiting for a shard over which the connections that send there stop reading."},
      {"mailbox_hard", [](auto& limits) -> auto& { return limits.mailbox.hard; }, Size{256_KiB, 4_GiB},
       at_reload, "Bytes waiting for a shard over which new stanzas are answered with resource-constraint."},
      {"outbox_hard", &L::outbox_hard, Size{64_KiB, 1_GiB}, at_reload,
       "Bytes waiting for one peer over which its connection is closed."},
      {"outbox_stall", &L::outbox_stall, Duration{seconds(1), hours(1)}, at_reload,
       "How long a peer may take none of the bytes that wait for it before its connection is closed."},
      {"parked_deadline", &L::parked_deadline, Duration{milliseconds(100), minutes(5)}, at_reload,
       "How long a stanza waits for the data of its addressee to be loaded."},
      {"unacked_stanzas", &L::unacked_stanzas, Count{10, 1'000'000}, at_reload,
       "Stanzas that a client may leave unacknowledged (XEP-0198) before its session ends and they go "
       "elsewhere."},
      {"unacked_bytes", &L::unacked_bytes, Size{64_KiB, 1_GiB}, at_reload, "The same in bytes."},
  };
}

std::vector<Key<LimitsConfig>> login_keys() {
  using L = LimitsConfig;
  return {
      {"c2s_bytes_per_second", &L::c2s_bytes_per_second, Size{0, 1_GiB}, at_reload,
       "Reading rate of one client's connection; 0 reads as fast as bytes come."},
      {"s2s_bytes_per_second", &L::s2s_bytes_per_second, Size{0, 1_GiB}, at_reload,
       "Reading rate of all connections of one other domain together; 0 reads as fast as bytes come."},
      {"sasl_attempts", &L::sasl_attempts, Count{1, 100}, at_reload,
       "Failed logins after which a stream is closed."},
      {"auth_failures_per_address", &L::auth_failures_per_address, Count{1, 1'000'000}, at_reload,
       "Failed logins in a minute after which an address is refused for a while."},
      {"auth_failures_per_account", &L::auth_failures_per_account, Count{1, 1'000'000}, at_reload,
       "Failed logins in a minute after which an account is refused for a while."},
      {"connections_per_address", &L::connections_per_address, Count{1, 1'000'000}, at_reload,
       "Connections open at a time from one address."},
      {"unauthenticated_per_address", &L::unauthenticated_per_address, Count{1, 1'000'000}, at_reload,
       "Connections from one address that have not logged in yet."},
      {"unauthenticated_total", &L::unauthenticated_total, Count{1, 1'000'000}, at_reload,
       "Connections of all addresses that have not logged in yet."},
      {"handshake_steps", &L::handshake_steps, Count{1, 1'000}, at_reload,
       "TLS handshake steps that a shard does before it looks at other work again."},
      {"trusted", &L::trusted, Networks{}, at_restart,
       "Addresses, like \"192.0.2.7\" or \"2001:db8::/32\", that the limits per address do not hold for "
       "(load tests, "
       "gateways); all other limits do."},
  };
}

std::vector<Key<LimitsConfig>> account_keys() {
  using L = LimitsConfig;
  return {
      {"roster_items", &L::roster_items, Count{1, 100'000}, at_reload, "Contacts of one account."},
      {"blocklist_items", &L::blocklist_items, Count{1, 100'000}, at_reload,
       "Blocked addresses of one account."},
      {"offline_messages", &L::offline_messages, Count{0, 1'000'000}, at_reload,
       "Messages kept for an account that is offline; further ones are answered with service-unavailable."},
      {"offline_bytes", &L::offline_bytes, Size{0, 1_GiB}, at_reload, "Bytes of those messages."},
      {"private_bytes", &L::private_bytes, Size{0, 1_GiB}, at_reload,
       "Private XML data of one account, all together."},
      {"vcard_bytes", &L::vcard_bytes, Size{0, 16_MiB}, at_reload, "Bytes of one vCard, picture included."},
  };
}

Choice<LogLevel> level_choice() {
  Choice<LogLevel> choice;
  for (const std::string_view name : kLogLevelNames) choice.names.emplace_back(name, *parse_log_level(name));
  return choice;
}

/// The codec for an option's type, and the key made of both.
struct OptionKey {
  const OptionSpec& spec;

  template <typename Kind>
  Key<FeatureConfig> key(const Kind& kind) const {
    using Type = std::decay_t<decltype(*kind.parse(Value{}))>;
    const auto member = [name = spec.name](auto& feature) -> auto& {
      return std::get<Type>(feature.options.find(name)->second);
    };
    return {spec.name, member, kind, at_reload, spec.doc};
  }

  Key<FeatureConfig> operator()(bool) const { return key(Flag{}); }
  Key<FeatureConfig> operator()(std::uint32_t) const {
    constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
    return key(
        Count{static_cast<std::uint32_t>(spec.min), static_cast<std::uint32_t>(std::min(spec.max, kMax))});
  }
  Key<FeatureConfig> operator()(std::uint64_t) const { return key(Size{spec.min, spec.max}); }
  Key<FeatureConfig> operator()(milliseconds) const {
    const auto max = static_cast<std::uint64_t>(milliseconds::max().count());
    return key(Duration{milliseconds(spec.min), milliseconds(std::min(spec.max, max))});
  }
  Key<FeatureConfig> operator()(const std::string&) const { return key(Text{spec.choices}); }
  Key<FeatureConfig> operator()(const std::vector<std::string>&) const { return key(Texts{}); }
};

}  // namespace

const Section<ServerConfig>& server_section() {
  using S = ServerConfig;
  static const Section<S> section{
      "server",
      "The process.",
      {
          {"workers", &S::workers, Count{0, 256}, at_restart,
           "Threads that serve clients, each with its share of the accounts; 0 takes one per core."},
          {"data_dir", &S::data_dir, Path{}, at_restart, "Where everything is kept."},
          {"control_socket", &S::control_socket, Path{}, at_restart,
           "The Unix socket vestnikctl talks to. Whoever can open it administers the server."},
          {"pid_file", &S::pid_file, Path{}, at_restart, "Gets the process id; empty: no such file."},
          {"stop_deadline", &S::stop_deadline, Duration{seconds(1), minutes(10)}, at_reload,
           "How long an orderly stop may take before what is left is cut off."},
      }};
  return section;
}

const Section<HostConfig>& host_section() {
  using H = HostConfig;
  const auto contact = [](std::vector<std::string> ContactAddresses::* kind) {
    return [kind](auto& host) -> auto& { return host.contacts.*kind; };
  };
  static const Section<H> section{
      "host",
      "A domain served here; write the table once for each.",
      {
          {"name", &H::name, Domain{}, at_reload,
           "The domain: what follows the @ in the addresses of its users."},
          {"admins", &H::admins, BareJids{}, at_reload,
           "Accounts (like \"juliet@example.org\") that may administer this host with their client."},
          {"certificate", &H::certificate, Path{}, at_reload,
           "Certificate chain (PEM) for this host; empty: the one of [tls]."},
          {"key", &H::key, Path{}, at_reload, "Its private key (PEM)."},
          {"anonymous", &H::anonymous, Flag{}, at_reload,
           "Whether anybody may come in without an account, under a name made up for the session (SASL "
           "ANONYMOUS)."},
          {"registration", &H::registration, Flag{}, at_reload,
           "Whether anybody may create an account with a client (XEP-0077)."},
          {"scram_iterations", &H::scram_iterations, Count{4'096, 10'000'000}, at_reload,
           "Cost of guessing a password from the stored keys; counts for passwords set from now on."},
          {"archive_retention", &H::archive_retention, Duration{milliseconds(0), hours(24 * 36'500)},
           at_reload, "Messages older than this are deleted from the archives; 0 keeps them."},
          {"archive_messages", &H::archive_messages, Count{0, 4'000'000'000}, at_reload,
           "Messages that an archive may hold, about; beyond it the oldest are deleted. 0 sets no bound."},
          {"contact_abuse", contact(&ContactAddresses::abuse), Uris{}, at_reload,
           "Where to write about abuse; published to users and other servers (XEP-0157), as the next five."},
          {"contact_admin", contact(&ContactAddresses::admin), Uris{}, at_reload,
           "Where to reach the administrators."},
          {"contact_feedback", contact(&ContactAddresses::feedback), Uris{}, at_reload,
           "Where to send feedback."},
          {"contact_sales", contact(&ContactAddresses::sales), Uris{}, at_reload,
           "Where to ask about buying."},
          {"contact_security", contact(&ContactAddresses::security), Uris{}, at_reload,
           "Where to report security problems."},
          {"contact_support", contact(&ContactAddresses::support), Uris{}, at_reload, "Where to find help."},
      }};
  return section;
}

const Section<SharedGroup>& group_section() {
  using G = SharedGroup;
  static const Section<G> section{
      "group",
      "A group of this host's accounts that see each other in their rosters.",
      {
          {"name", &G::name, Text{}, at_reload, "The group's name, as clients show it."},
          {"everyone", &G::everyone, Flag{}, at_reload, "Whether all accounts of the host belong to it."},
          {"members", &G::members, BareJids{}, at_reload, "Its members otherwise."},
      }};
  return section;
}

const Section<TlsConfig>& tls_section() {
  using T = TlsConfig;
  static const Section<T> section{
      "tls",
      "Encryption, and the certificate of hosts that name none of their own.",
      {
          {"certificate", &T::certificate, Path{}, at_reload, "Certificate chain (PEM)."},
          {"key", &T::key, Path{}, at_reload, "Its private key (PEM)."},
          {"client_ca", &T::client_ca, Path{}, at_reload,
           "Authorities (PEM) whose certificates log clients in (SASL EXTERNAL); empty: clients are not "
           "asked."},
          {"min_version", &T::min_version,
           Choice<TlsVersion>{{{"1.2", TlsVersion::tls1_2}, {"1.3", TlsVersion::tls1_3}}}, at_reload,
           "The oldest TLS version accepted."},
          {"ciphers", &T::ciphers, Text{}, at_reload, "Ciphers of TLS 1.2, in OpenSSL's notation."},
          {"cipher_suites", &T::cipher_suites, Text{}, at_reload,
           "Cipher suites of TLS 1.3; empty: OpenSSL's own."},
          {"groups", &T::groups, Text{}, at_reload, "Groups for the key exchange, the preferred first."},
          {"tickets", &T::tickets, Flag{}, at_reload, "Whether clients may resume TLS sessions by tickets."},
      }};
  return section;
}

const Section<C2sConfig>& c2s_section() {
  using C = C2sConfig;
  static const Section<C> section{
      "c2s",
      "Clients over TCP.",
      {
          {"listen", &C::listen, Addresses{}, at_restart, "Addresses to accept connections on."},
          {"starttls_port", &C::starttls_port, Port{}, at_restart, "Port that starts in the clear; 0: off."},
          {"direct_tls_port", &C::direct_tls_port, Port{}, at_restart,
           "Port that speaks TLS from the first byte (XEP-0368); 0: off."},
          {"tls_required", &C::tls_required, Flag{}, at_reload, "Whether nobody may log in before TLS."},
          {"resource_conflict", &C::resource_conflict,
           Choice<ResourceConflict>{
               {{"replace", ResourceConflict::replace}, {"reject", ResourceConflict::reject}}},
           at_reload,
           "When a client asks for a resource that is in use: replace the old session or reject the new."},
          {"max_resources", &C::max_resources, Count{1, 1'000}, at_reload,
           "Sessions of one account at a time."},
          {"negotiation_timeout", &C::negotiation_timeout, Duration{seconds(1), minutes(10)}, at_reload,
           "Time from the connection to the end of the login."},
          {"idle_timeout", &C::idle_timeout, Duration{seconds(5), hours(24)}, at_reload,
           "Silence after which a client is asked for a sign of life."},
          {"keepalive_timeout", &C::keepalive_timeout, Duration{seconds(1), hours(1)}, at_reload,
           "How long that sign may take; then the connection counts as broken."},
          {"resume_timeout", &C::resume_timeout, Duration{seconds(0), hours(24)}, at_reload,
           "How long a session whose connection broke waits for its client to resume it (XEP-0198); 0: not "
           "at "
           "all."},
          {"resume_location", &C::resume_location, Text{}, at_reload,
           "Address (host:port) that clients are told to resume at; empty: they find it themselves."},
      }};
  return section;
}

const Section<StorageConfig>& storage_section() {
  using S = StorageConfig;
  static const Section<S> section{
      "storage",
      "The database.",
      {
          {"path", &S::path, Path{}, at_restart,
           "An SQLite file, which needs no set-up, or the URL of a PostgreSQL database, like "
           "\"postgresql://vestnik@db.example.org:5432/vestnik\"; empty: the file vestnik.db in "
           "server.data_dir. A URL with a password is better kept in a file of its own: "
           "path = { file = \"storage-url\" }."},
          {"durability", &S::durability,
           Choice<Durability>{{{"commit", Durability::commit}, {"relaxed", Durability::relaxed}}}, at_restart,
           "\"commit\" acknowledges what is safely on the disk; \"relaxed\" acknowledges at once, and a "
           "crash may lose the last moments."},
          {"readers", &S::readers, Count{1, 64}, at_restart,
           "Threads that read, each with its connection to the database."},
          {"queue_bytes", &S::queue_bytes, Size{1_MiB, 16_GiB}, at_restart,
           "Bytes of writes waiting for the disk over which stanzas that need storing are refused."},
      }};
  return section;
}

const Section<LimitsConfig>& limits_section() {
  using L = LimitsConfig;
  static const Section<L> section = [] {
    Section<L> limits{"limits", "What peers may use. The defaults suit a public server.", memory_keys()};
    append(limits.keys, xml_keys("c2s_stanza", &L::c2s_xml, Size{10'000, 64_MiB}, "a client"));
    append(limits.keys, xml_keys("s2s_stanza", &L::s2s_xml, Size{10'000, 64_MiB}, "another server"));
    append(limits.keys,
           xml_keys("preauth", &L::preauth_xml, Size{1_KiB, 64_KiB}, "a peer that has not authenticated"));
    append(limits.keys, login_keys());
    append(limits.keys, account_keys());
    return limits;
  }();
  return section;
}

const Section<LogConfig>& log_section() {
  using L = LogConfig;
  static const Section<L> section{
      "log",
      "What is logged. SIGHUP opens the file anew.",
      {
          {"level", &L::level, level_choice(), at_reload, "The least important lines to write."},
          {"format", &L::format, Choice<LogFormat>{{{"text", LogFormat::text}, {"json", LogFormat::json}}},
           at_reload, "Lines for people or for programs."},
          {"file", &L::file, Path{}, at_reload,
           "Where lines go; empty: standard error (the journal, under systemd)."},
          {"queue_lines", &L::queue_lines, Count{128, 1'048'576}, at_restart,
           "Lines waiting for a slow disk before the oldest are dropped (and counted)."},
      }};
  return section;
}

Section<FeatureConfig> feature_section(const FeatureSpec& spec) {
  Section<FeatureConfig> section{"features." + spec.name, spec.doc, {}};
  section.keys.emplace_back("enabled", &FeatureConfig::enabled, Flag{}, at_reload,
                            "Whether it is there at all.");
  for (const OptionSpec& option : spec.options) {
    section.keys.push_back(std::visit(OptionKey{option}, option.initial));
  }
  return section;
}

FeatureConfig default_feature(const FeatureSpec& spec) {
  FeatureConfig feature{.enabled = spec.enabled, .options = {}};
  for (const OptionSpec& option : spec.options) feature.options.emplace(option.name, option.initial);
  return feature;
}

}  // namespace vestnik::config
