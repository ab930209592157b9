#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <vector>

#include "core/io/resolver.h"
#include "proto/base/random.h"

namespace vestnik::s2s {

/// What signed DNS records say about a server's certificate (DANE, RFC 7673).
struct Dane {
  std::string base;                  ///< the server's name, in A-labels
  std::vector<std::string> records;  ///< the data of its TLSA records
};

/// Where a domain's server may be reached.
struct ServerAddress {
  boost::asio::ip::tcp::endpoint endpoint;
  bool direct_tls = false;
  std::shared_ptr<const Dane> dane = nullptr;  ///< null: nothing, so that authorities are to be believed
};

/// What looking for a domain's server came to.
struct FoundServers {
  std::vector<ServerAddress> addresses;  ///< in the order in which they are to be tried
  std::string failure;                   ///< why there are none, in words; empty if there are
};

/// Finds the servers of an XMPP domain (canonical): `_xmpps-server` and `_xmpp-server` merged (XEP-0368), the
/// domain's own addresses if it has neither (RFC 6120 §3.2.2), IPv6 and IPv4 in turn; a literal is its own
/// answer. With `use_dane` TLSA records are asked for where all that leads to a server is signed. A forged
/// answer leads nowhere. `resolver` and `random` must outlive the call.
Task<FoundServers> find_servers(Resolver& resolver, RandomSource& random, std::string domain, bool use_dane);

}  // namespace vestnik::s2s
