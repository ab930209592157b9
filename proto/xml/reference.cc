#include "proto/xml/reference.h"

#include <algorithm>
#include <array>

#include "proto/xml/chars.h"

namespace vestnik::xml {
namespace {

using Status = Reference::Status;

struct Entity {
  std::string_view name;  // with the ';'
  char32_t code_point;
};
constexpr std::array<Entity, 5> kEntities{
    {{"amp;", '&'}, {"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"apos;", '\''}}};

// -1: no digit.
constexpr int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Reference read_numeric(std::string_view bytes) {
  const bool hex = bytes.size() > 2 && bytes[2] == 'x';
  const char32_t base = hex ? 16 : 10;
  const std::size_t first = hex ? 3 : 2;
  char32_t value = 0;
  for (std::size_t i = first; i < bytes.size(); ++i) {
    if (i == kMaxReferenceBytes) return {.status = Status::too_long};
    if (bytes[i] == ';') {
      if (i == first) return {.status = Status::malformed};
      if (!is_char(value)) return {.status = Status::illegal_char};
      return {.status = Status::ok, .size = static_cast<std::uint8_t>(i + 1), .code_point = value};
    }
    const int digit = digit_value(bytes[i]);
    if (digit < 0 || static_cast<char32_t>(digit) >= base) return {.status = Status::malformed};
    value = std::min<char32_t>(value * base + static_cast<char32_t>(digit), 0x110000);
  }
  return {.status = Status::incomplete};
}

Reference read_named(std::string_view rest) {
  std::size_t known = 0;  // bytes of `rest` that begin one of the five
  for (const Entity& entity : kEntities) {
    if (rest.starts_with(entity.name)) {
      return {.status = Status::ok,
              .size = static_cast<std::uint8_t>(entity.name.size() + 1),
              .code_point = entity.code_point};
    }
    const auto differ = std::ranges::mismatch(entity.name, rest).in2;
    known = std::max(known, static_cast<std::size_t>(differ - rest.begin()));
  }
  if (known == rest.size()) return {.status = Status::incomplete};
  const char odd = rest[known];
  const bool goes_on = known == 0 ? is_ascii_name_start(odd) : is_ascii_name_char(odd) || odd == ';';
  return {.status = goes_on || !is_ascii(odd) ? Status::unknown_entity : Status::malformed};
}

}  // namespace

Reference read_reference(std::string_view bytes) {
  if (bytes.size() < 2) return {.status = Status::incomplete};
  return bytes[1] == '#' ? read_numeric(bytes) : read_named(bytes.substr(1));
}

bool append_value(std::string& out, std::string_view raw, RawKind kind) {
  const std::string_view special = kind == RawKind::attribute ? "&\r\n\t"
                                   : kind == RawKind::text    ? "&\r"
                                                              : "\r";
  for (;;) {
    const std::size_t plain = std::min(raw.find_first_of(special), raw.size());
    out += raw.substr(0, plain);
    raw.remove_prefix(plain);
    if (raw.empty()) return true;
    if (raw[0] == '&') {
      const Reference reference = read_reference(raw);
      if (reference.status != Status::ok) return false;
      append_utf8(out, reference.code_point);
      raw.remove_prefix(reference.size);
    } else {
      out += kind == RawKind::attribute ? ' ' : '\n';
      raw.remove_prefix(raw.starts_with("\r\n") ? 2 : 1);
    }
  }
}

}  // namespace vestnik::xml
