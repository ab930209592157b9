// The tables about other servers and components, and how they are found.
#include "core/config/schema.h"
#include "core/config/size_literals.h"

namespace vestnik::config {
namespace {

using enum Applies;
using std::chrono::hours;
using std::chrono::minutes;

}  // namespace

const Section<S2sConfig>& s2s_section() {
  using S = S2sConfig;
  static const Section<S> section{
      "s2s",
      "Other servers.",
      {
          {"enabled", &S::enabled, Flag{}, at_restart, "Whether there is traffic with other servers."},
          {"workers", &S::workers, Count{1, 64}, at_restart,
           "Threads that talk to other servers, each with its share of their domains."},
          {"listen", &S::listen, Addresses{}, at_restart, "Addresses to accept connections on."},
          {"starttls_port", &S::starttls_port, Port{}, at_restart, "Port that starts in the clear; 0: off."},
          {"direct_tls_port", &S::direct_tls_port, Port{}, at_restart,
           "Port that speaks TLS from the first byte (XEP-0368); 0: off."},
          {"trust", &S::trust, Path{}, at_reload,
           "Authorities (PEM) whose certificates other servers may show; empty: those the system trusts."},
          {"tls_required", &S::tls_required, Flag{}, at_reload,
           "Whether nothing is exchanged without encryption."},
          {"bidirectional", &S::bidirectional, Flag{}, at_reload,
           "Whether one connection carries stanzas both ways if the other server knows how (XEP-0288)."},
          {"dane", &S::dane, Flag{}, at_reload,
           "Whether signed DNS records say which certificates count (DANE); needs dns.trust_anchor."},
          {"policy", &S::policy,
           Choice<S2sPolicy>{{{"secure", S2sPolicy::secure},
                              {"dialback", S2sPolicy::dialback},
                              {"blocked", S2sPolicy::blocked}}},
           at_reload,
           "How other servers prove which domain they are: \"secure\" wants a certificate that names the "
           "domain, \"dialback\" is content with a question to the domain's own server (XEP-0220), "
           "\"blocked\" has no traffic with them: then the next two lists name those that are allowed."},
          {"secure", &S::secure, Domains{}, at_reload, "Domains to which \"secure\" applies instead."},
          {"dialback", &S::dialback, Domains{}, at_reload, "Domains to which \"dialback\" applies instead."},
          {"blocked", &S::blocked, Domains{}, at_reload, "Domains to which \"blocked\" applies instead."},
          {"connect_timeout", &S::connect_timeout, Duration{seconds(1), minutes(10)}, at_reload,
           "How long stanzas wait for a connection to their domain before they come back."},
          {"negotiation_timeout", &S::negotiation_timeout, Duration{seconds(1), minutes(10)}, at_reload,
           "How long a server that connects may take to prove who it is."},
          {"idle_timeout", &S::idle_timeout, Duration{seconds(1), hours(24)}, at_reload,
           "Time without a stanza after which a connection is closed; it is opened again when needed."},
          {"retry_min", &S::retry_min, Duration{milliseconds(100), hours(1)}, at_reload,
           "How long a domain that could not be reached is left alone; doubled with each further failure."},
          {"retry_max", &S::retry_max, Duration{milliseconds(100), hours(24)}, at_reload,
           "The longest time it is left alone."},
          {"resume_timeout", &S::resume_timeout, Duration{seconds(1), hours(24)}, at_reload,
           "How long stanzas wait for a server that was lost while they were under way, or since this start, "
           "before they come back; and how long it may take to resume a stream (XEP-0198)."},
          {"queue_bytes", &S::queue_bytes, Size{64_KiB, 1_GiB}, at_reload,
           "Bytes of stanzas that may wait for one domain; further ones are answered with "
           "resource-constraint."},
      }};
  return section;
}

const Section<ComponentConfig>& component_section() {
  using C = ComponentConfig;
  static const Section<C> section{
      "component",
      "A program that serves a domain of its own, like a gateway to another network (XEP-0114); write the "
      "table once for each.",
      {
          {"name", &C::name, Domain{}, at_reload, "Its domain, like \"irc.example.org\"."},
          {"secret", &C::secret, Text{}, at_reload,
           "What the program has to know, best as { file = \"…\" }; no default."},
          {"roster", &C::roster, iq_access(), at_reload,
           "Which requests it may make for users' contact lists (XEP-0356). This and what follows is for all "
           "users of all hosts: only for programs you trust as this server."},
          {"roster_pushes", &C::roster_pushes, Flag{}, at_reload,
           "Whether it hears of every change of the contact lists that it may read."},
          {"messages", &C::messages, Flag{}, at_reload,
           "Whether it may write messages in the names of users and hosts (XEP-0356)."},
          {"presence", &C::presence, Flag{}, at_reload,
           "Whether it hears which clients come and go (XEP-0356)."},
          {"requests", &C::requests, IqPrivileges{}, at_reload,
           "Requests that it may make in users' names (XEP-0356), each as \"NAMESPACE get\", set or both."},
          {"delegated", &C::delegated, Delegations{}, at_reload,
           "Namespaces whose requests to hosts and accounts it answers instead of this server (XEP-0355), "
           "each as \"NAMESPACE\", or \"NAMESPACE ATTRIBUTE\" for those that have the attribute."},
      }};
  return section;
}

const Section<ComponentsConfig>& components_section() {
  using C = ComponentsConfig;
  static const Section<C> section{
      "components",
      "How components connect; nothing listens as long as there is no [[component]].",
      {
          {"listen", &C::listen, Addresses{}, at_restart,
           "Addresses to accept connections on. Without TLS, what goes over them can be read on the way."},
          {"port", &C::port, Port{}, at_restart, "Port without encryption; 0: off."},
          {"tls_port", &C::tls_port, Port{}, at_restart, "Port that speaks TLS from the first byte; 0: off."},
          {"connections", &C::connections, Count{1, 64}, at_reload,
           "Connections that one component may have; they share its load and stand in for each other."},
          {"negotiation_timeout", &C::negotiation_timeout, Duration{seconds(1), minutes(10)}, at_reload,
           "Time from the connection to the proof of the secret."},
          {"answer_timeout", &C::answer_timeout, Duration{seconds(1), minutes(10)}, at_reload,
           "How long a component may take for a request that it answers for this server, and others for one "
           "that it makes in a user's name."},
          {"queue_bytes", &C::queue_bytes, Size{64_KiB, 1_GiB}, at_reload,
           "Bytes of stanzas that may wait for one connection; further ones are answered with "
           "resource-constraint."},
      }};
  return section;
}

const Section<DnsConfig>& dns_section() {
  using D = DnsConfig;
  static const Section<D> section{
      "dns",
      "How other servers are found.",
      {
          {"forwarders", &D::forwarders, Texts{}, at_restart,
           "Name servers, like \"192.0.2.53\" or \"192.0.2.53@5353\"; none: those of /etc/resolv.conf."},
          {"records", &D::records, Texts{}, at_restart,
           "What is known without asking, in the notation of zone files: "
           "\"_xmpp-server._tcp.example.org. IN SRV 0 0 5269 xmpp.example.org.\", "
           "\"xmpp.example.org. IN A 192.0.2.1\"."},
          {"zones", &D::zones, Texts{}, at_restart,
           "Domains, like \"example.org.\", answered from the records alone: what those do not have does not "
           "exist."},
          {"trust_anchor", &D::trust_anchor, Path{}, at_restart,
           "The key of the DNS root, like \"/usr/share/dns/root.key\"; with it forged answers are refused "
           "(DNSSEC)."},
          {"timeout", &D::timeout, Duration{seconds(1), minutes(2)}, at_restart,
           "How long an answer may take."},
      }};
  return section;
}

}  // namespace vestnik::config
