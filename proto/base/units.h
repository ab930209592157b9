#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/base/result.h"

namespace vestnik {

/// A duration as people write it in the configuration: a whole number and one of `ms s m h d`, like `30s`.
/// The unit may not be left out. The error is a sentence for that person.
Result<std::chrono::milliseconds, std::string> parse_duration(std::string_view text);

/// The shortest form parse_duration() reads back: `90s`, `5m`, `0s`.
std::string format_duration(std::chrono::milliseconds duration);

/// A number of bytes: a whole number and one of `B KiB MiB GiB TiB`, like `256KiB`, or a plain number.
Result<std::uint64_t, std::string> parse_size(std::string_view text);

/// The shortest exact form parse_size() reads back: `256KiB`, `1000`.
std::string format_size(std::uint64_t bytes);

}  // namespace vestnik
