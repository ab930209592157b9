// What must hold for every text, tried on seeded random ones.
#include <doctest/doctest.h>

#include <array>
#include <random>
#include <span>

#include "proto/jid/jid.h"
#include "proto/jid/precis.h"

namespace vestnik {
namespace {

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t bound) {
  return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
}

void append_utf8(std::string& text, char32_t cp) {
  const auto byte = [&](char32_t value) { text += static_cast<char>(static_cast<unsigned char>(value)); };
  if (cp < 0x80) {
    byte(cp);
  } else if (cp < 0x800) {
    byte(0xc0 | cp >> 6U);
    byte(0x80 | (cp & 0x3fU));
  } else if (cp < 0x10000) {
    byte(0xe0 | cp >> 12U);
    byte(0x80 | (cp >> 6U & 0x3fU));
    byte(0x80 | (cp & 0x3fU));
  } else {
    byte(0xf0 | cp >> 18U);
    byte(0x80 | (cp >> 12U & 0x3fU));
    byte(0x80 | (cp >> 6U & 0x3fU));
    byte(0x80 | (cp & 0x3fU));
  }
}

struct Block {
  char32_t first, last;
};

/// Blocks whose characters case mapping, composition, width, direction and context treat in different ways.
constexpr Block kBlocks[] = {
    {0x20, 0x7e},       {0xa0, 0xff},       {0x100, 0x24f},   {0x300, 0x36f},     {0x370, 0x3ff},
    {0x400, 0x52f},     {0x531, 0x58a},     {0x591, 0x5f4},   {0x600, 0x6ff},     {0x900, 0x97f},
    {0xe01, 0xe5b},     {0x10a0, 0x10ff},   {0x1100, 0x11ff}, {0x13a0, 0x13fd},   {0x1c80, 0x1cbf},
    {0x1e00, 0x1fff},   {0x2000, 0x206f},   {0x2100, 0x218f}, {0x2c00, 0x2dff},   {0x3000, 0x30ff},
    {0x4e00, 0x4e40},   {0xa640, 0xa69f},   {0xa720, 0xa7ff}, {0xab30, 0xabbf},   {0xac00, 0xac40},
    {0xfb00, 0xfdff},   {0xfe70, 0xfeff},   {0xff00, 0xffef}, {0x10400, 0x1044f}, {0x1d400, 0x1d4ff},
    {0x1e900, 0x1e95f}, {0x1f600, 0x1f64f},
};

/// Mostly of one block, as names are, with some characters of others.
std::string random_text(Random& random) {
  std::string text;
  const Block& main_block = kBlocks[below(random, std::size(kBlocks))];
  const std::size_t length = 1 + below(random, 8);
  for (std::size_t i = 0; i < length; ++i) {
    const Block& block = below(random, 4) == 0 ? kBlocks[below(random, std::size(kBlocks))] : main_block;
    append_utf8(text, block.first + static_cast<char32_t>(below(random, block.last - block.first + 1)));
  }
  return text;
}

TEST_CASE("a prepared part prepares to itself") {
  Random random(7622);
  std::array<int, 3> prepared_count{};
  constexpr std::array kPreparations{prepare_local, prepare_domain, prepare_resource};
  for (int round = 0; round < 100'000; ++round) {
    const std::string text = random_text(random);
    for (std::size_t i = 0; i < kPreparations.size(); ++i) {
      const auto once = kPreparations[i](text);
      if (!once) continue;
      ++prepared_count[i];
      const auto twice = kPreparations[i](*once);
      if (twice != once) FAIL("part ", i, " of \"", text, "\" gives \"", *once, "\" and then something else");
    }
  }
  for (const int count : prepared_count) CHECK(count > 10'000);  // the texts are not all refused
}

TEST_CASE("the A-label form leads back to the canonical domain") {
  Random random(5891);
  int converted = 0;
  for (int round = 0; round < 30'000; ++round) {
    const auto domain = prepare_domain(random_text(random));
    if (!domain) continue;
    const auto ascii = domain_to_ascii(*domain);
    if (!ascii || prepare_domain(*ascii) != domain) FAIL("\"", *domain, "\" does not come back");
    ++converted;
  }
  CHECK(converted > 3'000);
}

std::string random_ascii_address(Random& random) {
  constexpr std::string_view kAlphabets[] = {"ab", "abc.-_", "aB1.@/", "a@b./-xn \\!", "a\x7f\x1f &'\"<>:@/"};
  const std::string_view alphabet = kAlphabets[below(random, std::size(kAlphabets))];
  std::string text;
  for (std::size_t length = below(random, 20); text.size() < length;)
    text += alphabet[below(random, alphabet.size())];
  return text;
}

TEST_CASE("the fast path accepts exactly what the full preparation leaves as it is") {
  Random random(6122);
  int accepted = 0;
  for (int round = 0; round < 300'000; ++round) {
    const std::string text = random_ascii_address(random);
    const JidView view = JidView::if_canonical_ascii(text);

    // The slow way, part by part.
    const JidView split = JidView::of_canonical(text);
    const auto local = prepare_local(split.local());
    const auto domain = prepare_domain(split.domain());
    const auto resource = prepare_resource(split.resource());
    const bool canonical = (!split.has_local() || local == split.local()) && !text.starts_with('@') &&
                           domain == split.domain() && (split.is_bare() || resource == split.resource());
    // "--" may be an A-label, which only the preparation can tell.
    const bool plain = split.domain().find("--") == std::string_view::npos;
    if (view.empty() == (canonical && plain) && plain) FAIL("the ways differ for \"", text, "\"");
    if (!view.empty() && !canonical) FAIL("accepted, though not canonical: \"", text, "\"");
    if (!view.empty()) {
      ++accepted;
      const bool same = view.local() == split.local() && view.domain() == split.domain();
      if (!same) FAIL("split differently: \"", text, "\"");
    }
    const auto parsed = Jid::parse(text);
    if (canonical && (!parsed || parsed->full() != text)) FAIL("parse() differs for \"", text, "\"");
    if (parsed && Jid::parse(parsed->full()) != *parsed) FAIL("not stable: \"", text, "\"");
  }
  CHECK(accepted > 20'000);
}

TEST_CASE("for ASCII the short cuts agree with PRECIS") {
  for (char c = 1; c > 0; ++c) {
    const std::string text{'a', c, 'b'};
    CAPTURE(text);
    CHECK(prepare_resource(text).has_value() == precis::opaque_string(text).has_value());
    const auto username = precis::username_case_mapped(text);
    const bool excluded = std::string_view("\"&'/:<>@").find(c) != std::string_view::npos;
    const auto local = prepare_local(text);
    CHECK(local.has_value() == (username.has_value() && !excluded));
    if (local) CHECK(*local == username);
  }
}

}  // namespace
}  // namespace vestnik
