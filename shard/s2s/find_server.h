#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <vector>

#include "core/io/resolver.h"
#include "proto/base/random.h"

namespace vestnik::s2s {

/// Where a domain's server may be reached.
struct ServerAddress {
  boost::asio::ip::tcp::endpoint endpoint;
  bool direct_tls = false;
};

/// What looking for a domain's server came to.
struct FoundServers {
  std::vector<ServerAddress> addresses;  ///< in the order in which they are to be tried
  std::string failure;                   ///< why there are none, in words; empty if there are
};

/// Finds the servers of an XMPP domain (canonical): `_xmpps-server` and `_xmpp-server` merged (XEP-0368), the
/// domain's own addresses if it has neither (RFC 6120 §3.2.2), IPv6 and IPv4 in turn; a literal is its own
/// answer. `resolver` and `random` must outlive the call.
Task<FoundServers> find_servers(Resolver& resolver, RandomSource& random, std::string domain);

}  // namespace vestnik::s2s
