#pragma once
#include <doctest/doctest.h>
#include <fmt/ranges.h>

#include "tests/unit/xml/events.h"

template <>
struct doctest::StringMaker<std::vector<std::string>> {
  static String convert(const std::vector<std::string>& lines) {
    return fmt::format("\n{}\n", fmt::join(lines, "\n")).c_str();
  }
};

namespace vestnik::xml {

/// The events of `bytes`, after checking that they are the same for every way to cut the bytes in two, and
/// byte by byte.
template <typename MakeFramer>
std::vector<std::string> events_of_all_cuts(MakeFramer make, std::string_view bytes) {
  const auto whole = events_of(make(), bytes);
  CHECK(events_of(make(), bytes, 1) == whole);
  CHECK(events_of(make(), bytes, 3) == whole);
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    Framer framer = make();
    std::vector<std::string> events;
    feed(framer, std::string(bytes.substr(0, cut)), events);
    feed(framer, std::string(bytes.substr(cut)), events);
    CHECK_MESSAGE(events == whole, "cut at ", cut);
  }
  return whole;
}

}  // namespace vestnik::xml
