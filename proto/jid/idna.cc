// Both steps are ICU's: UTS 46 maps and converts, and the identifier class of PRECIS, which is made of the
// same properties as IDNA2008's PVALID, refuses the symbols that UTS 46 alone would let through. (libidn2 has
// it all in one call, which takes twelve times as long.)
#include "proto/jid/idna.h"

#include <unicode/idna.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <memory>

#include "proto/jid/ascii.h"
#include "proto/jid/precis_class.h"

namespace vestnik::idna {
namespace {

using icu::UnicodeString;
using jid_ascii::is_ascii;
using jid_ascii::may_stand;

constexpr std::size_t kMaxLabelBytes = 63;

/// Created at the first use; only read afterwards.
const icu::IDNA* uts46() {
  static const std::unique_ptr<const icu::IDNA> kUts46 = [] {
    constexpr uint32_t kOptions = UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ |
                                  UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE;
    UErrorCode status = U_ZERO_ERROR;
    return std::unique_ptr<const icu::IDNA>(icu::IDNA::createUTS46Instance(kOptions, status));
  }();
  return kUts46.get();
}

/// A label in its two forms.
struct Label {
  std::string unicode;
  std::string ascii;
};

std::string to_utf8(const UnicodeString& text) {
  std::string utf8;
  text.toUTF8String(utf8);
  return utf8;
}

/// IDNA2008's PVALID and CONTEXT characters. They are those of the identifier class, except for what RFC 5892
/// §2.4 calls ignorable blocks: marks that only make sense on symbols and notes.
bool is_idna2008(const UnicodeString& label) {
  for (int32_t i = 0; i < label.length(); i = label.moveIndex32(i, 1)) {
    const UBlockCode block = ublock_getCode(label.char32At(i));
    if (block == UBLOCK_COMBINING_MARKS_FOR_SYMBOLS || block == UBLOCK_MUSICAL_SYMBOLS ||
        block == UBLOCK_ANCIENT_GREEK_MUSICAL_NOTATION) {
      return false;
    }
  }
  return precis::belongs_to(precis::StringClass::identifier, label);
}

/// A label of DNS, in lower case.
std::optional<Label> ascii_label(std::string_view label) {
  if (label.empty() || label.size() > kMaxLabelBytes || label.front() == '-' || label.back() == '-')
    return std::nullopt;
  std::string lowered(label);
  std::ranges::transform(lowered, lowered.begin(), jid_ascii::lower);
  if (!std::ranges::all_of(lowered, [](char c) { return may_stand(c, jid_ascii::kWord) || c == '-'; }))
    return std::nullopt;
  return Label{.unicode = lowered, .ascii = lowered};
}

/// A U-label, an A-label, or what UTS 46 maps to either or to plain ASCII.
std::optional<Label> international_label(std::string_view label) {
  if (uts46() == nullptr) return std::nullopt;
  UErrorCode status = U_ZERO_ERROR;
  icu::IDNAInfo info;
  UnicodeString unicode;
  UnicodeString ascii;
  uts46()->labelToUnicode(UnicodeString::fromUTF8(label), unicode, info, status);
  if (U_FAILURE(status) || info.hasErrors()) return std::nullopt;
  if (!is_idna2008(unicode)) return std::nullopt;
  uts46()->labelToASCII(unicode, ascii, info, status);
  if (U_FAILURE(status) || info.hasErrors()) return std::nullopt;  // the limit of 63 bytes is checked here
  return Label{.unicode = to_utf8(unicode), .ascii = to_utf8(ascii)};
}

std::optional<Label> convert_label(std::string_view label) {
  constexpr std::string_view kAlabelPrefix = "xn--";
  const bool is_alabel =
      std::ranges::equal(label.substr(0, kAlabelPrefix.size()), kAlabelPrefix, {}, jid_ascii::lower);
  return std::ranges::all_of(label, is_ascii) && !is_alabel ? ascii_label(label) : international_label(label);
}

/// The first label separator at or after `begin`: the dot, or one of the three that UTS 46 maps to it
/// (U+3002, U+FF0E, U+FF61). Empty, at the end, if there is none.
std::string_view find_separator(std::string_view domain, std::size_t begin) {
  constexpr std::string_view kSeparators[] = {".", "\u3002", "\uff0e", "\uff61"};
  for (std::size_t i = begin; i < domain.size(); ++i) {
    for (const std::string_view separator : kSeparators) {
      if (domain.substr(i).starts_with(separator)) return domain.substr(i, separator.size());
    }
  }
  return domain.substr(domain.size());
}

/// Converts label by label and takes one form of each. A separator at the very end is dropped.
std::optional<std::string> convert(std::string_view domain, std::string Label::* form) {
  std::string converted;
  converted.reserve(domain.size());
  std::size_t begin = 0;
  do {
    const std::string_view separator = find_separator(domain, begin);
    const auto end = static_cast<std::size_t>(separator.data() - domain.data());
    const std::optional<Label> label = convert_label(domain.substr(begin, end - begin));
    if (!label) return std::nullopt;
    if (begin > 0) converted += '.';
    converted += (*label).*form;
    begin = end + separator.size();
  } while (begin < domain.size());
  return converted;
}

}  // namespace

std::optional<std::string> to_unicode(std::string_view domain) { return convert(domain, &Label::unicode); }

std::optional<std::string> to_ascii(std::string_view domain) { return convert(domain, &Label::ascii); }

}  // namespace vestnik::idna
