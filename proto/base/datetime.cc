#include "proto/base/datetime.h"

#include <fmt/format.h>

#include <algorithm>

namespace vestnik {
namespace {

using std::chrono::system_clock;

/// Takes fixed-width fields off the front of a text. The first mismatch makes every later answer a failure
/// too.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  /// `width` digits whose value is within the bounds.
  int number(std::size_t width, int min, int max) {
    if (rest_.size() < width) return fail();
    int value = 0;
    for (const char digit : rest_.substr(0, width)) {
      if (digit < '0' || digit > '9') return fail();
      value = value * 10 + (digit - '0');
    }
    rest_.remove_prefix(width);
    return value < min || value > max ? fail() : value;
  }

  bool skip_if(char expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void skip(char expected) {
    if (!skip_if(expected)) fail();
  }

  /// The digits behind a decimal point; those beyond the clock's precision are read over.
  std::chrono::nanoseconds fraction() {
    std::int64_t value = 0;
    std::size_t digits = 0;
    for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits) {
      if (digits < 9) value = value * 10 + (rest_[digits] - '0');
    }
    for (std::size_t i = digits; i < 9; ++i) value *= 10;
    if (digits == 0) fail();
    rest_.remove_prefix(digits);
    return std::chrono::nanoseconds(value);
  }

  bool complete() const { return ok_ && rest_.empty(); }

 private:
  int fail() {
    ok_ = false;
    return 0;
  }

  std::string_view rest_;
  bool ok_ = true;
};

/// The offset of local time from UTC. XML Schema allows at most 14 hours.
std::chrono::minutes read_zone(FieldReader& reader) {
  if (reader.skip_if('Z')) return std::chrono::minutes(0);
  const int sign = reader.skip_if('-') ? -1 : 1;
  if (sign > 0) reader.skip('+');
  const int hours = reader.number(2, 0, 14);
  reader.skip(':');
  const int minutes = reader.number(2, 0, hours == 14 ? 0 : 59);
  return sign * (std::chrono::hours(hours) + std::chrono::minutes(minutes));
}

}  // namespace

std::string format_utc(system_clock::time_point time, Fraction fraction) {
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto days = std::chrono::floor<std::chrono::days>(millis);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss clock(millis - days);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                 clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (fraction == Fraction::milliseconds) text += fmt::format(".{:03}", clock.subseconds().count());
  return text += 'Z';
}

std::optional<system_clock::time_point> parse_datetime(std::string_view text) {
  FieldReader reader(text);
  const std::chrono::year year(reader.number(4, 0, 9999));
  reader.skip('-');
  const std::chrono::month month(static_cast<unsigned>(reader.number(2, 1, 12)));
  reader.skip('-');
  const std::chrono::day day(static_cast<unsigned>(reader.number(2, 1, 31)));
  reader.skip('T');
  const std::chrono::hours hours(reader.number(2, 0, 23));
  reader.skip(':');
  const std::chrono::minutes minutes(reader.number(2, 0, 59));
  reader.skip(':');
  const std::chrono::seconds seconds(reader.number(2, 0, 59));
  const std::chrono::nanoseconds fraction =
      reader.skip_if('.') ? reader.fraction() : std::chrono::nanoseconds(0);
  const std::chrono::minutes zone = read_zone(reader);
  const std::chrono::year_month_day date(year, month, day);
  if (!reader.complete() || !date.ok()) return std::nullopt;

  const std::chrono::sys_seconds whole = std::chrono::sys_days(date) + hours + minutes + seconds - zone;
  // One second inside the ends, so that the fraction cannot carry over them.
  constexpr auto kMin = std::chrono::ceil<std::chrono::seconds>(system_clock::time_point::min());
  constexpr auto kMax = std::chrono::floor<std::chrono::seconds>(system_clock::time_point::max());
  if (whole < kMin) return system_clock::time_point::min();
  if (whole >= kMax) return system_clock::time_point::max();
  return whole + std::chrono::duration_cast<system_clock::duration>(fraction);
}

}  // namespace vestnik
