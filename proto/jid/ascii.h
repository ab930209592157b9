#pragma once
#include <array>
#include <cstdint>
#include <string_view>

/// Which ASCII characters may stand where in an address. Used inside proto only.
namespace vestnik::jid_ascii {

/// Places a character may take in a canonical address, as bits.
enum Place : std::uint8_t {
  kLocal = 1,     ///< in a localpart, in lower case
  kWord = 2,      ///< anywhere in a domain: letters, digits, underscores
  kJoint = 4,     ///< in a domain between words: dots and hyphens
  kResource = 8,  ///< in a resource
};

inline constexpr std::array<std::uint8_t, 256> kPlaces = [] {
  constexpr std::string_view kExcluded = "\"&'/:<>@";  // RFC 7622 §3.3.1
  std::array<std::uint8_t, 256> places{};
  for (unsigned char c = 0x20; c <= 0x7e; ++c) {
    const bool lower_alnum = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool upper = c >= 'A' && c <= 'Z';
    places[c] = kResource;
    if (c != ' ' && !upper && !kExcluded.contains(static_cast<char>(c))) places[c] |= kLocal;
    if (lower_alnum || c == '_') places[c] |= kWord;
    if (c == '.' || c == '-') places[c] |= kJoint;
  }
  return places;
}();

constexpr bool may_stand(char c, Place place) {
  return (kPlaces[static_cast<unsigned char>(c)] & place) != 0;
}
constexpr bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace vestnik::jid_ascii
