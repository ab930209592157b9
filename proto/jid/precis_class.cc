#include "proto/jid/precis_class.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>

#include <optional>

namespace vestnik::precis {
namespace {

/// RFC 8264 §8: what a code point is good for. `disallowed` stands for unassigned ones too.
enum class Property : std::uint8_t { valid, freeform_only, contextual, disallowed };

constexpr UChar32 kZeroWidthNonJoiner = 0x200c;
constexpr UChar32 kZeroWidthJoiner = 0x200d;
constexpr UChar32 kMiddleDot = 0x00b7;
constexpr UChar32 kGreekKeraia = 0x0375;
constexpr UChar32 kHebrewGeresh = 0x05f3;
constexpr UChar32 kHebrewGershayim = 0x05f4;
constexpr UChar32 kKatakanaMiddleDot = 0x30fb;

bool is_arabic_indic_digit(UChar32 cp) { return cp >= 0x0660 && cp <= 0x0669; }
bool is_extended_arabic_indic_digit(UChar32 cp) { return cp >= 0x06f0 && cp <= 0x06f9; }

bool has(UChar32 cp, UProperty property) { return u_hasBinaryProperty(cp, property) != 0; }

/// RFC 5892 §2.6, the part that overrides what the Unicode properties say.
std::optional<Property> exception(UChar32 cp) {
  switch (cp) {
    case 0x00df:
    case 0x03c2:
    case 0x06fd:
    case 0x06fe:
    case 0x0f0b:
    case 0x3007: return Property::valid;
    case 0x0640:
    case 0x07fa:
    case 0x302e:
    case 0x302f:
    case 0x3031:
    case 0x3032:
    case 0x3033:
    case 0x3034:
    case 0x3035:
    case 0x303b: return Property::disallowed;
    case kZeroWidthNonJoiner:
    case kZeroWidthJoiner:
    case kMiddleDot:
    case kGreekKeraia:
    case kHebrewGeresh:
    case kHebrewGershayim:
    case kKatakanaMiddleDot: return Property::contextual;
    default: break;
  }
  if (is_arabic_indic_digit(cp) || is_extended_arabic_indic_digit(cp)) return Property::contextual;
  return std::nullopt;
}

bool is_old_hangul_jamo(UChar32 cp) {
  const int32_t type = u_getIntPropertyValue(cp, UCHAR_HANGUL_SYLLABLE_TYPE);
  return type == U_HST_LEADING_JAMO || type == U_HST_VOWEL_JAMO || type == U_HST_TRAILING_JAMO;
}

/// Whether NFKC makes something else of it. A lone code point is NFKC exactly if the quick check does not say
/// "no".
bool has_compatibility_form(UChar32 cp) {
  return u_getIntPropertyValue(cp, UCHAR_NFKC_QUICK_CHECK) == UNORM_NO;
}

/// The decision list of RFC 8264 §8, in its order.
Property derived_property(UChar32 cp) {
  constexpr uint32_t kLetterDigits =
      U_GC_LL_MASK | U_GC_LU_MASK | U_GC_LO_MASK | U_GC_ND_MASK | U_GC_LM_MASK | U_GC_MN_MASK | U_GC_MC_MASK;
  constexpr uint32_t kOtherLetterDigits = U_GC_LT_MASK | U_GC_NL_MASK | U_GC_NO_MASK | U_GC_ME_MASK;
  constexpr uint32_t kFreeform = kOtherLetterDigits | U_GC_ZS_MASK | U_GC_S_MASK | U_GC_P_MASK;

  if (const auto property = exception(cp)) return *property;
  const uint32_t category = U_GET_GC_MASK(cp);
  if ((category & U_GC_CN_MASK) != 0) return Property::disallowed;
  if (cp >= 0x21 && cp <= 0x7e) return Property::valid;
  if (is_old_hangul_jamo(cp)) return Property::disallowed;
  if (has(cp, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) return Property::disallowed;
  if ((category & U_GC_CC_MASK) != 0) return Property::disallowed;
  if (has_compatibility_form(cp)) return Property::freeform_only;
  if ((category & kLetterDigits) != 0) return Property::valid;
  if ((category & kFreeform) != 0) return Property::freeform_only;
  return Property::disallowed;
}

/// The code point before or after a position; U_SENTINEL beyond the ends.
UChar32 before(const icu::UnicodeString& text, int32_t index) {
  return index > 0 ? text.char32At(index - 1) : U_SENTINEL;
}
UChar32 after(const icu::UnicodeString& text, int32_t index) {
  const int32_t next = text.moveIndex32(index, 1);
  return next < text.length() ? text.char32At(next) : U_SENTINEL;
}

bool has_script(UChar32 cp, UScriptCode script) {
  UErrorCode status = U_ZERO_ERROR;
  return cp != U_SENTINEL && uscript_getScript(cp, &status) == script;
}

bool follows_virama(const icu::UnicodeString& text, int32_t index) {
  constexpr std::uint8_t kVirama = 9;
  return index > 0 && u_getCombiningClass(before(text, index)) == kVirama;
}

/// RFC 5892 appendix A.1: (Joining_Type:{L,D})(Joining_Type:T)* ZWNJ (Joining_Type:T)*(Joining_Type:{R,D})
bool stands_between_joining_letters(const icu::UnicodeString& text, int32_t index) {
  const auto joining_type = [&](int32_t at) {
    return u_getIntPropertyValue(text.char32At(at), UCHAR_JOINING_TYPE);
  };
  int32_t left = index;
  do {
    if (left == 0) return false;
    left = text.moveIndex32(left, -1);
  } while (joining_type(left) == U_JT_TRANSPARENT);
  int32_t right = index;
  do {
    right = text.moveIndex32(right, 1);
    if (right >= text.length()) return false;
  } while (joining_type(right) == U_JT_TRANSPARENT);

  const int32_t left_type = joining_type(left);
  const int32_t right_type = joining_type(right);
  return (left_type == U_JT_LEFT_JOINING || left_type == U_JT_DUAL_JOINING) &&
         (right_type == U_JT_RIGHT_JOINING || right_type == U_JT_DUAL_JOINING);
}

/// What some contextual rules ask about the text as a whole.
struct Surroundings {
  bool japanese = false;  ///< Hiragana, Katakana or Han
  bool arabic_indic_digits = false;
  bool extended_arabic_indic_digits = false;

  explicit Surroundings(const icu::UnicodeString& text) {
    for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
      const UChar32 cp = text.char32At(i);
      japanese = japanese || has_script(cp, USCRIPT_HIRAGANA) || has_script(cp, USCRIPT_KATAKANA) ||
                 has_script(cp, USCRIPT_HAN);
      arabic_indic_digits = arabic_indic_digits || is_arabic_indic_digit(cp);
      extended_arabic_indic_digits = extended_arabic_indic_digits || is_extended_arabic_indic_digit(cp);
    }
  }
};

/// RFC 5892 appendix A for the contextual character at `index`.
bool context_allows(const icu::UnicodeString& text, int32_t index, const Surroundings& surroundings) {
  switch (text.char32At(index)) {
    case kZeroWidthNonJoiner:
      return follows_virama(text, index) || stands_between_joining_letters(text, index);
    case kZeroWidthJoiner: return follows_virama(text, index);
    case kMiddleDot: return before(text, index) == 'l' && after(text, index) == 'l';
    case kGreekKeraia: return has_script(after(text, index), USCRIPT_GREEK);
    case kHebrewGeresh:
    case kHebrewGershayim: return has_script(before(text, index), USCRIPT_HEBREW);
    case kKatakanaMiddleDot: return surroundings.japanese;
    default:  // the two rows of digits look alike and may not be mixed
      return !(surroundings.arabic_indic_digits && surroundings.extended_arabic_indic_digits);
  }
}

bool has_right_to_left(const icu::UnicodeString& text) {
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const UCharDirection direction = u_charDirection(text.char32At(i));
    if (direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC || direction == U_ARABIC_NUMBER) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool belongs_to(StringClass string_class, const icu::UnicodeString& text) {
  std::optional<Surroundings> surroundings;  // looked at once, so that the time stays linear in the text
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    switch (derived_property(text.char32At(i))) {
      case Property::valid: break;
      case Property::freeform_only:
        if (string_class != StringClass::freeform) return false;
        break;
      case Property::contextual:
        if (!surroundings) surroundings.emplace(text);
        if (!context_allows(text, i, *surroundings)) return false;
        break;
      case Property::disallowed: return false;
    }
  }
  return true;
}

bool obeys_bidi_rule(const icu::UnicodeString& text) {
  if (!has_right_to_left(text)) return true;

  // With a right-to-left character in it, text that begins with L breaks condition 5, so conditions 1 to 4
  // remain.
  const UCharDirection first = u_charDirection(text.char32At(0));
  if (first != U_RIGHT_TO_LEFT && first != U_RIGHT_TO_LEFT_ARABIC) return false;
  bool may_end = false;
  bool has_european_number = false;
  bool has_arabic_number = false;
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    switch (u_charDirection(text.char32At(i))) {
      case U_RIGHT_TO_LEFT:
      case U_RIGHT_TO_LEFT_ARABIC: may_end = true; break;
      case U_EUROPEAN_NUMBER: may_end = has_european_number = true; break;
      case U_ARABIC_NUMBER: may_end = has_arabic_number = true; break;
      case U_DIR_NON_SPACING_MARK: break;
      case U_EUROPEAN_NUMBER_SEPARATOR:
      case U_COMMON_NUMBER_SEPARATOR:
      case U_EUROPEAN_NUMBER_TERMINATOR:
      case U_OTHER_NEUTRAL:
      case U_BOUNDARY_NEUTRAL: may_end = false; break;
      default: return false;
    }
  }
  return may_end && !(has_european_number && has_arabic_number);
}

}  // namespace vestnik::precis
