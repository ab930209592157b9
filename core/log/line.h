#pragma once
#include <fmt/format.h>

#include <chrono>
#include <string_view>

#include "core/log/log.h"

namespace vestnik {

/// What a line looks like.
enum class LineStyle : std::uint8_t {
  text,     ///< `2025-11-23T06:20:00.123Z info  c2s.login jid=a@b addr=::1`
  json,     ///< `{"time":"…","level":"info","event":"c2s.login","jid":"a@b","addr":"::1"}`
  journal,  ///< `<6>c2s.login jid=a@b addr=::1`: the journal keeps time and priority itself
};

/// Appends a line without its end. Whatever the fields hold, the line stays one line, readable as UTF-8 and
/// unambiguous: values that are not plain are quoted, control characters escaped.
void append_line(fmt::memory_buffer& out, LineStyle style, std::chrono::system_clock::time_point now,
                 LogLevel level, std::string_view event, LogFields fields);

}  // namespace vestnik
