// Stamps (XEP-0082), durations and sizes.
#include <doctest/doctest.h>

#include <utility>

#include "proto/base/datetime.h"
#include "proto/base/units.h"

namespace vestnik {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::system_clock;

constexpr system_clock::time_point kStamp = sys_days(2002y / 9 / 10) + 23h + 8min + 25s;

TEST_CASE("stamps are written in UTC, rounded down") {
  CHECK(format_utc(kStamp) == "2002-09-10T23:08:25Z");
  CHECK(format_utc(kStamp + 999ms) == "2002-09-10T23:08:25Z");
  CHECK(format_utc(kStamp + 7ms, Fraction::milliseconds) == "2002-09-10T23:08:25.007Z");
  CHECK(format_utc(sys_days(1969y / 12 / 31) + 23h + 59min + 59s + 500ms, Fraction::milliseconds) ==
        "1969-12-31T23:59:59.500Z");
}

TEST_CASE("stamps are read in every form of XEP-0082") {
  const std::pair<std::string_view, system_clock::time_point> kReadable[] = {
      {"2002-09-10T23:08:25Z", kStamp},
      {"2002-09-10T23:08:25.123Z", kStamp + 123ms},
      {"2002-09-10T23:08:25.5Z", kStamp + 500ms},
      {"2002-09-10T23:08:25.123456789999Z", kStamp + 123456789ns},
      {"2002-09-11T01:08:25+02:00", kStamp},
      {"2002-09-10T16:38:25.250-06:30", kStamp + 250ms},
      {"2000-02-29T00:00:00Z", sys_days(2000y / 2 / 29)},
      {"1969-07-21T02:56:15Z", sys_days(1969y / 7 / 21) + 2h + 56min + 15s},
      {"0001-01-01T00:00:00Z", system_clock::time_point::min()},
      {"9999-12-31T23:59:59Z", system_clock::time_point::max()},
  };
  for (const auto& [text, time] : kReadable) {
    CAPTURE(text);
    CHECK(parse_datetime(text) == time);
  }
}

TEST_CASE("what is no stamp") {
  for (const std::string_view text : {"",
                                      "2002-09-10",
                                      "20020910T23:08:25",
                                      "2002-09-10 23:08:25Z",
                                      "2002-09-10T23:08:25",
                                      "2002-09-10t23:08:25z",
                                      "2002-09-10T23:08Z",
                                      "2002-09-10T23:08:25.Z",
                                      "2002-09-10T23:08:25,1Z",
                                      "2002-09-10T23:08:25ZZ",
                                      "2002-09-10T23:08:25+2:00",
                                      "2002-09-10T23:08:25+0200",
                                      "2002-09-10T23:08:25+14:01",
                                      "2002-09-10T23:08:25+15:00",
                                      "2001-02-29T00:00:00Z",
                                      "2002-13-01T00:00:00Z",
                                      "2002-00-01T00:00:00Z",
                                      "2002-04-31T00:00:00Z",
                                      "2002-09-10T24:00:00Z",
                                      "2002-09-10T23:60:00Z",
                                      "2002-09-10T23:59:60Z",
                                      "-002-09-10T23:08:25Z",
                                      "02002-09-10T23:08:25Z",
                                      "2002-09-10T+3:08:25Z",
                                      " 2002-09-10T23:08:25Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_datetime(text));
  }
}

TEST_CASE("durations") {
  constexpr std::pair<std::string_view, std::chrono::milliseconds> kDurations[] = {
      {"500ms", 500ms}, {"0s", 0s},  {"30s", 30s}, {"5m", 5min},
      {"1h", 1h},       {"2d", 48h}, {"90s", 90s}, {"36h", 36h},
  };
  for (const auto& [text, duration] : kDurations) {
    CAPTURE(text);
    CHECK(parse_duration(text) == duration);
    CHECK(format_duration(duration) == text);
  }
  for (const std::string_view text :
       {"", "30", "s", "30 s", "-5s", "+5s", "1.5h", "5min", "5M", "30s ", "1h30m"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
  CHECK(parse_duration("10x").error() ==
        "\"10x\" is no duration: write a whole number and ms, s, m, h or d, like 30s");
  CHECK(parse_duration("9223372036854775808ms").error() ==
        "\"9223372036854775808ms\" is too large a duration");
  CHECK(parse_duration("99999999999999999999s").error() ==
        "\"99999999999999999999s\" is too large a duration");
}

TEST_CASE("sizes") {
  constexpr std::pair<std::string_view, std::uint64_t> kSizes[] = {
      {"0", 0},
      {"1000", 1000},
      {"256KiB", 256ULL << 10U},
      {"4MiB", 4ULL << 20U},
      {"1GiB", 1ULL << 30U},
      {"3TiB", 3ULL << 40U},
      {"1025KiB", 1025ULL << 10U},
  };
  for (const auto& [text, bytes] : kSizes) {
    CAPTURE(text);
    CHECK(parse_size(text) == bytes);
    CHECK(format_size(bytes) == text);
  }
  CHECK(parse_size("512B") == 512U);
  for (const std::string_view text : {"", "KiB", "1kb", "1KB", "1 KiB", "1.5MiB", "-1", "0x10"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text));
  }
  CHECK(parse_size("99999999TiB").error() == "\"99999999TiB\" is too large a size");
}

}  // namespace
}  // namespace vestnik
