#pragma once
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "proto/base/result.h"

namespace vestnik::bench {

/// An IPv4 or IPv6 address with a port.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  /// `127.0.0.1:5222`, `[::1]:5222`.
  std::string to_string() const;
};

/// Splits `host`, `host:port`, `[v6]`, `[v6]:port`.
Result<std::pair<std::string, std::uint16_t>, std::string> split_host_port(std::string_view text,
                                                                           std::uint16_t default_port);

/// Looks a host up (blocking) and takes the first address. The error is a sentence.
Result<Address, std::string> resolve(const std::string& host, std::uint16_t port);

/// `127.0.0.2` or an IPv4 range `127.0.0.2-127.0.0.9`, as addresses with port 0.
Result<std::vector<Address>, std::string> parse_sources(const std::string& text);

}  // namespace vestnik::bench
