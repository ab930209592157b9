#pragma once
#include <unicode/unistr.h>

#include <cstdint>

namespace vestnik::precis {

/// RFC 8264 §4: the string classes, from narrow to wide.
enum class StringClass : std::uint8_t {
  identifier,  ///< letters and digits of all scripts, and printable ASCII
  freeform,    ///< also spaces, symbols, punctuation and characters with compatibility forms
};

/// Whether every character of the text belongs to the class, contextual rules (RFC 5892 appendix A) included.
bool belongs_to(StringClass string_class, const icu::UnicodeString& text);

/// RFC 5893 §2. True also for text without right-to-left characters, to which the rule does not apply.
bool obeys_bidi_rule(const icu::UnicodeString& text);

}  // namespace vestnik::precis
