#pragma once
#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "bench/net/event_loop.h"

namespace vestnik::bench {

/// What the body of a load's message begins with: its number, and the time it was due.
struct Stamp {
  std::uint64_t number = 0;
  Clock::time_point due;

  static constexpr std::size_t kLongest = 42;  ///< two numbers of 64 bits and two spaces

  /// Appends it to `out`, and padding up to `size` bytes in all.
  void append_to(std::string& out, std::size_t size) const {
    const std::size_t begin = out.size();
    const fmt::format_int first(number);
    out.append(first.data(), first.size()).append(" ");
    const fmt::format_int second(due.time_since_epoch().count());
    out.append(second.data(), second.size()).append(" ");
    out.resize(begin + size, 'x');
  }

  /// nullopt for what append_to() did not write.
  static std::optional<Stamp> parse(std::string_view text) {
    Stamp stamp;
    std::int64_t due = 0;
    const char* end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, stamp.number);
    if (first.ec != std::errc{} || first.ptr == end) return std::nullopt;
    if (std::from_chars(first.ptr + 1, end, due).ec != std::errc{}) return std::nullopt;
    stamp.due = Clock::time_point(Clock::duration(due));
    return stamp;
  }
};

}  // namespace vestnik::bench
