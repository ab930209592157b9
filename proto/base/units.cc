#include "proto/base/units.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <span>
#include <utility>

namespace vestnik {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// In descending order, so that the first factor that divides a value gives its shortest form.
constexpr Unit kDurations[] = {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};
constexpr Unit kSizes[] = {{"TiB", 1ULL << 40U},
                           {"GiB", 1ULL << 30U},
                           {"MiB", 1ULL << 20U},
                           {"KiB", 1ULL << 10U},
                           {"B", 1},
                           {"", 1}};

/// What a kind of quantity is called in its error sentences.
struct Quantity {
  std::string_view noun;
  std::string_view form;
  std::span<const Unit> units;
  std::uint64_t max;
};

constexpr Quantity kDuration{"duration", "a whole number and ms, s, m, h or d, like 30s", kDurations,
                             std::numeric_limits<std::int64_t>::max()};
constexpr Quantity kSize{"size", "a whole number and B, KiB, MiB, GiB or TiB, like 256KiB", kSizes,
                         std::numeric_limits<std::uint64_t>::max()};

Result<std::uint64_t, std::string> parse(std::string_view text, const Quantity& quantity) {
  const auto malformed = [&] {
    return Err(fmt::format("\"{}\" is no {}: write {}", text, quantity.noun, quantity.form));
  };
  const auto too_large = [&] { return Err(fmt::format("\"{}\" is too large a {}", text, quantity.noun)); };

  std::uint64_t count = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [rest, error] = std::from_chars(begin, end, count);
  if (error == std::errc::result_out_of_range) return too_large();
  if (error != std::errc()) return malformed();
  for (const Unit& unit : quantity.units) {
    if (std::string_view(rest, end) != unit.name) continue;
    if (count > quantity.max / unit.factor) return too_large();
    return count * unit.factor;
  }
  return malformed();
}

}  // namespace

Result<std::chrono::milliseconds, std::string> parse_duration(std::string_view text) {
  const auto count = parse(text, kDuration);
  if (!count) return Err(count.error());
  return std::chrono::milliseconds(static_cast<std::int64_t>(*count));
}

std::string format_duration(std::chrono::milliseconds duration) {
  if (duration == std::chrono::milliseconds(0)) return "0s";
  for (const Unit& unit : kDurations) {
    const auto factor = static_cast<std::int64_t>(unit.factor);
    if (duration.count() % factor == 0) return fmt::format("{}{}", duration.count() / factor, unit.name);
  }
  std::unreachable();  // every count is a multiple of 1 ms
}

Result<std::uint64_t, std::string> parse_size(std::string_view text) { return parse(text, kSize); }

std::string format_size(std::uint64_t bytes) {
  for (const Unit& unit : kSizes) {
    if (unit.factor > 1 && bytes != 0 && bytes % unit.factor == 0) {
      return fmt::format("{}{}", bytes / unit.factor, unit.name);
    }
  }
  return fmt::to_string(bytes);
}

}  // namespace vestnik
