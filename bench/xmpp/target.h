#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/net/address.h"
#include "bench/xmpp/scram.h"

namespace vestnik::bench {

enum class TlsMode : std::uint8_t { starttls, direct, none };

/// A SASL mechanism as the load generator knows it.
struct Mechanism {
  std::string_view name;
  std::optional<HashKind> scram;  ///< nullopt: PLAIN
  bool channel_binding = false;
};

/// Where clients connect to and how; the same for all of a run.
struct Target {
  std::string domain = "localhost";  ///< the service's JID
  std::string host;                  ///< where to connect, as given
  Address address;                   ///< the same, looked up
  std::vector<Address> sources;      ///< addresses to connect from, in turn; empty: the kernel chooses
  TlsMode tls = TlsMode::starttls;
  bool web_socket = false;  ///< XMPP over WebSocket (RFC 7395) at /ws
  std::string ca_file;      ///< empty: certificates are not verified
  std::string mechanism;    ///< empty: the best one that both sides know
  std::string resource = "bench";
  std::size_t resources = 1;       ///< sessions of each account, which are users of their own for the load
  bool stream_management = false;  ///< XEP-0198: enable it, and answer acknowledgement requests
  bool relay = false;              ///< vestnik-relay instead of an XMPP server
  std::chrono::milliseconds timeout{30'000};  ///< for each answer of the server
};

/// One user. A client's thread owns it.
struct Account {
  std::string user;  ///< localpart, in canonical form
  std::string password;
  std::optional<ScramKeys> scram_keys = std::nullopt;
};

}  // namespace vestnik::bench
