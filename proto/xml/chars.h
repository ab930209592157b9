#pragma once
#include <array>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>

#include <bit>
#endif

/// Characters: UTF-8 and the character classes of XML 1.0 (fifth edition) and of Namespaces in XML 1.0.
namespace vestnik::xml {

/// The outcome of decode_utf8().
struct DecodedChar {
  enum class Status : std::uint8_t { ok, incomplete, invalid };
  Status status = Status::invalid;
  std::uint8_t size = 0;  ///< bytes taken, when ok
  char32_t code_point = 0;
};

/// Decodes the character at the front of `bytes` (not empty). `incomplete`: a proper beginning that ends too
/// early. Overlong forms, surrogates and what lies above U+10FFFF are `invalid`, told as soon as the bytes at
/// hand show it.
DecodedChar decode_utf8(std::string_view bytes);

/// Appends a code point (not a surrogate, at most U+10FFFF) as UTF-8.
void append_utf8(std::string& out, char32_t code_point);

/// Production [2] Char: what may stand in a document at all.
constexpr bool is_char(char32_t c) {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  return c < 0xD800 || (c >= 0xE000 && c <= 0x10FFFF && c != 0xFFFE && c != 0xFFFF);
}

/// Productions [4] NameStartChar and [4a] NameChar beyond ASCII.
bool is_wide_name_start(char32_t c);
bool is_wide_name_char(char32_t c);

namespace detail {
enum : std::uint8_t { kSpaceBit = 1, kNameStartBit = 2, kNameCharBit = 4 };

consteval std::array<std::uint8_t, 256> ascii_classes() {
  std::array<std::uint8_t, 256> table{};
  const auto mark = [&](std::string_view chars, std::uint8_t bits) {
    for (const char c : chars) table[static_cast<std::uint8_t>(c)] = bits;
  };
  mark(" \t\r\n", kSpaceBit);
  mark("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_", kNameStartBit | kNameCharBit);
  mark("0123456789-.", kNameCharBit);
  return table;
}

inline constexpr auto kAsciiClasses = ascii_classes();
constexpr bool has_class(char c, std::uint8_t bit) {
  return (kAsciiClasses[static_cast<std::uint8_t>(c)] & bit) != 0;
}
}  // namespace detail

constexpr bool is_ascii(char c) { return static_cast<std::uint8_t>(c) < 0x80; }
/// Production [3] S.
constexpr bool is_space(char c) { return detail::has_class(c, detail::kSpaceBit); }
/// The ASCII part of NCName; the colon is not in it.
constexpr bool is_ascii_name_start(char c) { return detail::has_class(c, detail::kNameStartBit); }
constexpr bool is_ascii_name_char(char c) { return detail::has_class(c, detail::kNameCharBit); }

/// Skips what needs no closer look: ASCII from the space on, except the characters given.
template <std::same_as<char>... Stops>
const char* skip_plain(const char* p, const char* end, Stops... stops) {
#if defined(__SSE2__)
  for (; end - p >= 16; p += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    // As signed numbers, control characters and everything beyond ASCII are below the space.
    __m128i stop = _mm_cmplt_epi8(block, _mm_set1_epi8(' '));
    ((stop = _mm_or_si128(stop, _mm_cmpeq_epi8(block, _mm_set1_epi8(stops)))), ...);
    const auto mask = static_cast<std::uint32_t>(_mm_movemask_epi8(stop));
    if (mask != 0) return p + std::countr_zero(mask);
  }
#endif
  while (p != end && static_cast<signed char>(*p) >= ' ' && ((*p != stops) && ...)) ++p;
  return p;
}

/// Skips legal characters beyond ASCII: up to an ASCII one, or one that is incomplete, invalid or forbidden.
const char* skip_wide(const char* p, const char* end);

}  // namespace vestnik::xml
