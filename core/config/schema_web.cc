// The table about the web.
#include "core/config/schema.h"

namespace vestnik::config {
namespace {

using enum Applies;

}  // namespace

const Section<HttpConfig>& http_section() {
  using H = HttpConfig;
  static const Section<H> section{
      "http",
      "The web: clients over WebSocket (/ws), host-meta, health.",
      {
          {"listen", &H::listen, Addresses{}, at_restart, "Addresses to accept HTTPS connections on."},
          {"tls_port", &H::tls_port, Port{}, at_restart, "Port of HTTPS; 0: off."},
          {"plain_listen", &H::plain_listen, Addresses{}, at_restart,
           "Addresses to accept HTTP connections without TLS on: for proxies and programs of this machine."},
          {"port", &H::port, Port{}, at_restart, "Port of HTTP without TLS; 0: off."},
          {"public_url", &H::public_url, Text{}, at_reload,
           "Where the web reaches this server, like \"https://chat.example.org\": what clients are told who "
           "look for it (XEP-0156). Empty: the name by which they have asked."},
          {"origins", &H::origins, Texts{}, at_reload,
           "Origins, like \"https://chat.example.org\", whose pages may connect by WebSocket, beside those "
           "of "
           "this server; \"*\" lets in all. A page can do there what its user's password allows, and no "
           "more."},
          {"proxies", &H::proxies, Networks{}, at_reload,
           "Addresses of proxies. What they say in X-Forwarded-For and X-Forwarded-Proto is believed, and "
           "what "
           "comes from them without TLS counts as secured, unless they say \"http\"."},
          {"metrics_from", &H::metrics_from, Networks{}, at_reload,
           "Addresses that may read /metrics; a proxy's counts as those it speaks for."},
          {"idle_timeout", &H::idle_timeout, Duration{seconds(1), std::chrono::hours(1)}, at_reload,
           "How long a connection may be open without a request."},
      }};
  return section;
}

}  // namespace vestnik::config
