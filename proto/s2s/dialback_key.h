#pragma once
#include <string>
#include <string_view>

namespace vestnik::s2s {

/// The key of a dialback (XEP-0185): HMAC-SHA256 in hex, over the two domains and the id of the receiving
/// server's stream with spaces between them, so that no two triples have one key (SECURITY 10). `secret` is
/// the installation's; domains are canonical.
std::string dialback_key(std::string_view secret, std::string_view receiving, std::string_view originating,
                         std::string_view stream_id);

/// Whether `key` is the one of this triple; in constant time.
bool is_dialback_key(std::string_view key, std::string_view secret, std::string_view receiving,
                     std::string_view originating, std::string_view stream_id);

}  // namespace vestnik::s2s
