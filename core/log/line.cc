#include "core/log/line.h"

#include <unicode/utf8.h>

#include <algorithm>
#include <iterator>
#include <type_traits>

#include "proto/base/datetime.h"

namespace vestnik {
namespace {

using Buffer = fmt::memory_buffer;

/// Syslog's priority.
char priority(LogLevel level) {
  switch (level) {
    case LogLevel::error: return '3';
    case LogLevel::warn: return '4';
    case LogLevel::info: return '6';
    default: return '7';
  }
}

void append(Buffer& out, std::string_view text) { out.append(text.data(), text.data() + text.size()); }

bool is_control(UChar32 c) { return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029; }

/// A JSON string; bytes that are no UTF-8 become U+FFFD.
void append_quoted(Buffer& out, std::string_view text) {
  out.push_back('"');
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    UChar32 c = 0;
    U8_NEXT(text.data(), at, text.size(), c);  // NOLINT(bugprone-inc-dec-in-conditions): ICU's macro
    if (c < 0) {
      append(out, "\xef\xbf\xbd");
    } else if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(static_cast<char>(c));
    } else if (is_control(c)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(c));
    } else {
      append(out, text.substr(begin, at - begin));
    }
  }
  out.push_back('"');
}

bool is_plain(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=';
  });
}

/// `quote_always`: as JSON wants it.
void append_value(Buffer& out, const LogValue& value, bool quote_always) {
  std::visit(
      [&](const auto& held) {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::string_view>) {
          if (quote_always || !is_plain(held)) return append_quoted(out, held);
          append(out, held);
        } else {
          fmt::format_to(std::back_inserter(out), "{}", held);
        }
      },
      value.get());
}

void append_fields(Buffer& out, std::string_view event, LogFields fields) {
  append(out, event);
  for (const LogField& field : fields) {
    out.push_back(' ');
    append(out, field.key);
    out.push_back('=');
    append_value(out, field.value, false);
  }
}

void append_json(Buffer& out, std::string_view time, std::string_view level, std::string_view event,
                 LogFields fields) {
  fmt::format_to(std::back_inserter(out), R"({{"time":"{}","level":"{}","event":)", time, level);
  append_quoted(out, event);
  for (const LogField& field : fields) {
    out.push_back(',');
    append_quoted(out, field.key);
    out.push_back(':');
    append_value(out, field.value, true);
  }
  out.push_back('}');
}

}  // namespace

void append_line(Buffer& out, LineStyle style, std::chrono::system_clock::time_point now, LogLevel level,
                 std::string_view event, LogFields fields) {
  switch (style) {
    case LineStyle::text:
      fmt::format_to(std::back_inserter(out), "{} {:5} ", format_utc(now, Fraction::milliseconds),
                     to_string(level));
      return append_fields(out, event, fields);
    case LineStyle::json:
      return append_json(out, format_utc(now, Fraction::milliseconds), to_string(level), event, fields);
    case LineStyle::journal:
      fmt::format_to(std::back_inserter(out), "<{}>", priority(level));
      return append_fields(out, event, fields);
  }
}

}  // namespace vestnik
