#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace vestnik::xml {

/// The longest reference read, from '&' to ';'. XML would allow any number of leading zeros.
inline constexpr std::size_t kMaxReferenceBytes = 16;

/// A character or entity reference: `&#65;`, `&#x41;`, `&amp;`.
struct Reference {
  enum class Status : std::uint8_t {
    ok,
    incomplete,      ///< a proper beginning
    malformed,       ///< not a reference: `& `, `&#x;`
    unknown_entity,  ///< none of the five predefined ones; RFC 6120 §11.1 forbids all others
    illegal_char,    ///< `&#0;`
    too_long,        ///< longer than kMaxReferenceBytes
  };
  Status status = Status::malformed;
  std::uint8_t size = 0;  ///< bytes taken, when ok
  char32_t code_point = 0;
};

/// Reads the reference at the front of `bytes`, which begins with '&'. What is wrong is told at the first
/// byte that shows it.
Reference read_reference(std::string_view bytes);

/// Where a raw value stood. White space in an attribute becomes spaces (XML 1.0 §3.3.3); line ends in text
/// and CDATA become LF (§2.11); a CDATA section has no references.
enum class RawKind : std::uint8_t { attribute, text, cdata };

/// Appends what `raw` means. False if a reference is broken; then what precedes it has been appended.
bool append_value(std::string& out, std::string_view raw, RawKind kind);

}  // namespace vestnik::xml
