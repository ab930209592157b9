#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace vestnik::config {

/// How many insertions, deletions, replacements and swaps of neighbours turn one text into the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that somebody who wrote `word` most likely meant, if one is near enough to be worth naming.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace vestnik::config
