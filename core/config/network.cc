#include "core/config/network.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace vestnik {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMappedBits = 96;

bool is_mapped(const AddressBytes& address) {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), address.begin());
}

/// The mask of byte `index` under a prefix of so many bits.
std::uint8_t mask(unsigned prefix, unsigned index) {
  const unsigned bits = std::clamp(prefix, index * 8, index * 8 + 8) - index * 8;
  return static_cast<std::uint8_t>(0xff00U >> bits);
}

}  // namespace

bool Network::contains(const AddressBytes& candidate) const {
  for (unsigned i = 0; i < address.size(); ++i) {
    if ((candidate[i] & mask(prefix, i)) != address[i]) return false;
  }
  return true;
}

bool parse_address(std::string_view text, AddressBytes& out) {
  const std::string literal(text);
  if (inet_pton(AF_INET6, literal.c_str(), out.data()) == 1) return true;
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), out.begin());
  return inet_pton(AF_INET, literal.c_str(), out.data() + kMappedPrefix.size()) == 1;
}

Result<Network, std::string> parse_network(std::string_view text) {
  const auto malformed = [text] {
    return Err(fmt::format("\"{}\" is no address block: write one like 10.0.0.0/8 or ::1", text));
  };
  Network network;
  const std::size_t slash = text.find('/');
  const std::string_view literal = text.substr(0, slash);
  if (!parse_address(literal, network.address)) return malformed();
  const unsigned offset = literal.contains(':') ? 0 : kMappedBits;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc() || end != digits.data() + digits.size() || bits > 128 - offset)
      return malformed();
    network.prefix = static_cast<std::uint8_t>(bits + offset);
  }
  for (unsigned i = 0; i < network.address.size(); ++i) network.address[i] &= mask(network.prefix, i);
  return network;
}

std::string format_network(const Network& network) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool v4 = is_mapped(network.address) && network.prefix >= kMappedBits;
  const unsigned offset = v4 ? kMappedBits : 0;
  inet_ntop(v4 ? AF_INET : AF_INET6, network.address.data() + offset / 8, text.data(), text.size());
  if (network.prefix == 128) return text.data();
  return fmt::format("{}/{}", text.data(), network.prefix - offset);
}

std::vector<Network> loopback_networks() { return {*parse_network("127.0.0.0/8"), *parse_network("::1")}; }

}  // namespace vestnik
