#include "proto/xep/priority.h"

#include <charconv>
#include <cstdint>

namespace vestnik {

std::optional<int> parse_priority(std::string_view text) {
  // XML Schema collapses white space around numbers and lets them have a plus sign, which from_chars does not
  // know.
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return std::nullopt;
  text = text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);

  std::int8_t priority = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), priority);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return priority;
}

}  // namespace vestnik
