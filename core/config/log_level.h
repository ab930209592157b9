#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace vestnik {

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, off };

inline constexpr std::array<std::string_view, 6> kLogLevelNames{"trace", "debug", "info",
                                                                "warn",  "error", "off"};

constexpr std::string_view to_string(LogLevel level) {
  return kLogLevelNames[static_cast<std::size_t>(level)];
}

constexpr std::optional<LogLevel> parse_log_level(std::string_view name) {
  for (std::size_t i = 0; i < kLogLevelNames.size(); ++i) {
    if (kLogLevelNames[i] == name) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

}  // namespace vestnik
