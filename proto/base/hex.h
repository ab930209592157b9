#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace vestnik {

/// Lower-case hexadecimal, two digits a byte.
std::string hex_encode(std::string_view bytes);

/// Takes digits of either case; nothing for an odd length or any other character.
std::optional<std::string> hex_decode(std::string_view text);

}  // namespace vestnik
