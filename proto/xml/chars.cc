#include "proto/xml/chars.h"

#include <algorithm>

namespace vestnik::xml {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

constexpr std::array<Range, 12> kNameStartRanges{{{0xC0, 0xD6},
                                                  {0xD8, 0xF6},
                                                  {0xF8, 0x2FF},
                                                  {0x370, 0x37D},
                                                  {0x37F, 0x1FFF},
                                                  {0x200C, 0x200D},
                                                  {0x2070, 0x218F},
                                                  {0x2C00, 0x2FEF},
                                                  {0x3001, 0xD7FF},
                                                  {0xF900, 0xFDCF},
                                                  {0xFDF0, 0xFFFD},
                                                  {0x10000, 0xEFFFF}}};

struct Lead {
  std::uint8_t size = 0;  // of the whole sequence; 0: no sequence begins so
  std::uint8_t second_min = 0x80;
  std::uint8_t second_max = 0xBF;
  std::uint8_t bits = 0;
};

// RFC 3629 §4: the bounds of the second byte exclude overlong forms, surrogates and what is above U+10FFFF.
constexpr Lead lead_of(std::uint8_t byte) {
  if (byte < 0x80) return {.size = 1, .bits = byte};
  if (byte < 0xC2) return {};
  if (byte < 0xE0) return {.size = 2, .bits = static_cast<std::uint8_t>(byte & 0x1F)};
  if (byte < 0xF0) {
    return {.size = 3,
            .second_min = static_cast<std::uint8_t>(byte == 0xE0 ? 0xA0 : 0x80),
            .second_max = static_cast<std::uint8_t>(byte == 0xED ? 0x9F : 0xBF),
            .bits = static_cast<std::uint8_t>(byte & 0x0F)};
  }
  if (byte < 0xF5) {
    return {.size = 4,
            .second_min = static_cast<std::uint8_t>(byte == 0xF0 ? 0x90 : 0x80),
            .second_max = static_cast<std::uint8_t>(byte == 0xF4 ? 0x8F : 0xBF),
            .bits = static_cast<std::uint8_t>(byte & 0x07)};
  }
  return {};
}

}  // namespace

DecodedChar decode_utf8(std::string_view bytes) {
  const Lead lead = lead_of(static_cast<std::uint8_t>(bytes[0]));
  if (lead.size == 0) return {};
  char32_t code_point = lead.bits;
  std::uint8_t min = lead.second_min;
  std::uint8_t max = lead.second_max;
  for (std::size_t i = 1; i < lead.size; ++i) {
    if (i == bytes.size()) return {.status = DecodedChar::Status::incomplete};
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    if (byte < min || byte > max) return {};
    code_point = (code_point << 6) | (byte & 0x3FU);
    min = 0x80;
    max = 0xBF;
  }
  return {.status = DecodedChar::Status::ok, .size = lead.size, .code_point = code_point};
}

const char* skip_wide(const char* p, const char* end) {
  const auto trail = [](char byte) { return (static_cast<std::uint8_t>(byte) & 0xC0) == 0x80; };
  while (p != end && !is_ascii(*p)) {
    // First what most of the world's letters are: sequences without odd bounds, all of whose characters are
    // legal.
    const auto lead = static_cast<std::uint8_t>(*p);
    if (lead >= 0xC2 && lead < 0xE0 && end - p >= 2 && trail(p[1])) {
      p += 2;
    } else if (lead > 0xE0 && lead < 0xEF && lead != 0xED && end - p >= 3 && trail(p[1]) && trail(p[2])) {
      p += 3;
    } else {
      const DecodedChar c = decode_utf8({p, end});
      if (c.status != DecodedChar::Status::ok || !is_char(c.code_point)) break;
      p += c.size;
    }
  }
  return p;
}

void append_utf8(std::string& out, char32_t c) {
  const auto trail = [&](int shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    trail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    trail(6);
    trail(0);
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    trail(12);
    trail(6);
    trail(0);
  }
}

bool is_wide_name_start(char32_t c) {
  return std::ranges::any_of(kNameStartRanges, [c](Range r) { return c >= r.first && c <= r.last; });
}

bool is_wide_name_char(char32_t c) {
  return is_wide_name_start(c) || c == 0xB7 || (c >= 0x300 && c <= 0x36F) || (c >= 0x203F && c <= 0x2040);
}

}  // namespace vestnik::xml
