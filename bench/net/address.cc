#include "bench/net/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>

namespace vestnik::bench {
namespace {

constexpr std::uint32_t kMostSources = 1'024;

std::optional<in_addr> parse_v4(const std::string& text) {
  in_addr address{};
  if (::inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
  return address;
}

Address from_v4(std::uint32_t host_order) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(host_order);
  Address address;
  std::memcpy(&address.storage, &v4, sizeof v4);
  address.size = sizeof v4;
  return address;
}

}  // namespace

std::string Address::to_string() const {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  const int failed = ::getnameinfo(raw(), size, host.data(), host.size(), port.data(), port.size(),
                                   NI_NUMERICHOST | NI_NUMERICSERV);
  if (failed != 0) return "?";
  const bool v6 = family() == AF_INET6;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", host.data(), v6 ? "]" : "", port.data());
}

Result<std::pair<std::string, std::uint16_t>, std::string> split_host_port(std::string_view text,
                                                                           std::uint16_t default_port) {
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return Err(fmt::format("'{}': ']' is missing", text));
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!port.empty() && !port.starts_with(':')) return Err(fmt::format("'{}' is not [address]:port", text));
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos && colon == text.rfind(':')) {
    host = text.substr(0, colon);
    port = text.substr(colon);
  }
  if (host.empty()) return Err(fmt::format("'{}' names no host", text));
  if (port.empty()) return std::pair(std::string(host), default_port);
  port.remove_prefix(1);
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || end != port.data() + port.size() || number == 0) {
    return Err(fmt::format("'{}' is no port", port));
  }
  return std::pair(std::string(host), number);
}

Result<Address, std::string> resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
      failed != 0) {
    return Err(fmt::format("cannot look up '{}': {}", host, ::gai_strerror(failed)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
  Address address;
  std::memcpy(&address.storage, list->ai_addr, list->ai_addrlen);
  address.size = list->ai_addrlen;
  return address;
}

Result<std::vector<Address>, std::string> parse_sources(const std::string& text) {
  const auto dash = text.find('-');
  const auto first = parse_v4(text.substr(0, dash));
  const auto last = dash == std::string::npos ? first : parse_v4(text.substr(dash + 1));
  if (!first || !last) return Err(fmt::format("'{}' is neither an IPv4 address nor a range of them", text));
  const std::uint32_t begin = ntohl(first->s_addr);
  const std::uint32_t end = ntohl(last->s_addr);
  if (end < begin || end - begin >= kMostSources) {
    return Err(fmt::format("'{}' is not a range of 1 to {} addresses", text, kMostSources));
  }
  std::vector<Address> sources;
  for (std::uint32_t address = begin; address <= end; ++address) sources.push_back(from_v4(address));
  return sources;
}

}  // namespace vestnik::bench
