#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace vestnik {

/// RFC 4648 §4, with padding.
std::string base64_encode(std::string_view bytes);

/// Strict (RFC 4648 §3, RFC 6120 §6.4.2): padding required, no white space, unused bits zero. One text per
/// byte string, so that nobody can present the same credential in two spellings.
std::optional<std::string> base64_decode(std::string_view text);

/// RFC 4648 §5: the URL- and file-name-safe alphabet, without padding. Fit for ids and tokens.
std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace vestnik
