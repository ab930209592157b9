#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vestnik {

/// How much of a second a stamp shows.
enum class Fraction : std::uint8_t { none, milliseconds };

/// XEP-0082 DateTime in UTC: `2002-09-10T23:08:25Z`, with milliseconds `2002-09-10T23:08:25.123Z`. Rounds
/// down.
std::string format_utc(std::chrono::system_clock::time_point time, Fraction fraction = Fraction::none);

/// XEP-0082 DateTime, strictly: `CCYY-MM-DDThh:mm:ss[.sss](Z|(+|-)hh:mm)`, any number of fraction digits, a
/// date that exists, no leap second. Years the clock cannot count (before 1678, after 2261) give the nearest
/// time it can, because clients write such dates to mean "from the beginning" and "without end".
std::optional<std::chrono::system_clock::time_point> parse_datetime(std::string_view text);

}  // namespace vestnik
