#pragma once
#include <optional>
#include <string_view>

namespace vestnik {

/// Reads the text of `<priority/>` (RFC 6121 §4.7.2.3): an xs:byte, -128…127. None if it is not one.
std::optional<int> parse_priority(std::string_view text);

}  // namespace vestnik
