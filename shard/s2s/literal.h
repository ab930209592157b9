#pragma once
#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace vestnik::s2s {

/// The address that a domain is if it is a literal (`192.0.2.1`, `[2001:db8::1]`).
inline std::optional<boost::asio::ip::address> parse_literal(std::string_view domain) {
  if (domain.starts_with('[') && domain.ends_with(']')) domain = domain.substr(1, domain.size() - 2);
  boost::system::error_code error;
  auto address = boost::asio::ip::make_address(std::string(domain), error);
  if (error) return std::nullopt;
  return address;
}

}  // namespace vestnik::s2s
