#include "proto/jid/precis.h"

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/usprep.h>
#include <unicode/ustring.h>

#include <memory>

#include "proto/jid/precis_class.h"

namespace vestnik::precis {
namespace {

using Text = icu::UnicodeString;

/// Strict, unlike UnicodeString::fromUTF8, which would put U+FFFD in the place of malformed bytes.
std::optional<Text> from_utf8(std::string_view utf8) {
  Text text;
  const auto size = static_cast<int32_t>(utf8.size());
  char16_t* const buffer = text.getBuffer(size);  // UTF-16 never has more units than UTF-8 has bytes
  if (buffer == nullptr) return std::nullopt;
  UErrorCode status = U_ZERO_ERROR;
  int32_t length = 0;
  u_strFromUTF8(buffer, size, &length, utf8.data(), static_cast<int32_t>(utf8.size()), &status);
  text.releaseBuffer(U_SUCCESS(status) ? length : 0);
  if (U_FAILURE(status)) return std::nullopt;
  return text;
}

std::string to_utf8(const Text& text) {
  std::string utf8;
  text.toUTF8String(utf8);
  return utf8;
}

/// Calls `map(code point)` for each and puts what differs into its place.
template <typename Map>
void replace_each(Text& text, Map map) {
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const UChar32 cp = text.char32At(i);
    const UChar32 mapped = map(cp);
    if (mapped != cp) text.replace(i, U16_LENGTH(cp), mapped);
  }
}

// ICU's normalisers are immutable and live for ever. Held here, because ICU locks their creation where thread
// sanitizers cannot see it. Null only if ICU has lost its data.
const icu::Normalizer2* nfc() {
  static const icu::Normalizer2* const kInstance = [] {
    UErrorCode status = U_ZERO_ERROR;
    return icu::Normalizer2::getNFCInstance(status);
  }();
  return kInstance;
}

const icu::Normalizer2* nfkc() {
  static const icu::Normalizer2* const kInstance = [] {
    UErrorCode status = U_ZERO_ERROR;
    return icu::Normalizer2::getNFKCInstance(status);
  }();
  return kInstance;
}

/// RFC 8264 §5.2.1. Every such form decomposes to one code point.
bool map_width(Text& text) {
  if (nfkc() == nullptr) return false;
  replace_each(text, [](UChar32 cp) {
    const int32_t type = u_getIntPropertyValue(cp, UCHAR_DECOMPOSITION_TYPE);
    Text decomposition;
    const bool maps =
        (type == U_DT_WIDE || type == U_DT_NARROW) && nfkc()->getRawDecomposition(cp, decomposition);
    return maps ? decomposition.char32At(0) : cp;
  });
  return true;
}

/// RFC 8264 §5.2.3 by Unicode's toLowercase, which looks at the context of a capital sigma. Skipped when
/// there is nothing to do, as nearly always.
void map_case(Text& text) {
  bool changes = false;
  for (int32_t i = 0; i < text.length() && !changes; i = text.moveIndex32(i, 1)) {
    const UChar32 cp = text.char32At(i);
    changes = u_tolower(cp) != cp;
  }
  if (changes) text.toLower(icu::Locale::getRoot());
}

bool compose(Text& text) {
  if (nfc() == nullptr) return false;
  UErrorCode status = U_ZERO_ERROR;
  if (!nfc()->isNormalized(text, status)) text = nfc()->normalize(text, status);
  return U_SUCCESS(status);
}

/// One round of RFC 8265 §3.3, in the order of RFC 8264 §7: the characters are judged when the mappings are
/// done, so that canonically equivalent texts fare alike.
bool enforce_username(Text& text) {
  if (!map_width(text)) return false;
  map_case(text);
  return compose(text) && obeys_bidi_rule(text) && belongs_to(StringClass::identifier, text);
}

/// One round of RFC 8265 §4.2, likewise.
bool enforce_opaque(Text& text) {
  replace_each(text, [](UChar32 cp) { return u_charType(cp) == U_SPACE_SEPARATOR ? UChar32{' '} : cp; });
  return compose(text) && belongs_to(StringClass::freeform, text);
}

/// Repeats a profile until it changes nothing, as RFC 8264 §7 asks for, because keys must prepare to
/// themselves. What is not stable soon is refused.
std::optional<std::string> until_stable(std::string_view utf8, bool (*enforce)(Text&)) {
  constexpr int kMaxRounds = 4;
  std::optional<Text> text = from_utf8(utf8);
  if (!text || text->isEmpty()) return std::nullopt;
  for (int round = 0; round < kMaxRounds; ++round) {
    const Text previous = *text;
    if (!enforce(*text)) return std::nullopt;
    if (*text == previous) return to_utf8(*text);
  }
  return std::nullopt;
}

struct CloseProfile {
  void operator()(UStringPrepProfile* profile) const { usprep_close(profile); }
};

/// Loaded at the first use; only read afterwards.
const UStringPrepProfile* nodeprep_profile() {
  static const std::unique_ptr<UStringPrepProfile, CloseProfile> kProfile = [] {
    UErrorCode status = U_ZERO_ERROR;
    return std::unique_ptr<UStringPrepProfile, CloseProfile>(
        usprep_openByType(USPREP_RFC3920_NODEPREP, &status));
  }();
  return kProfile.get();
}

}  // namespace

std::optional<std::string> username_case_mapped(std::string_view text) {
  return until_stable(text, enforce_username);
}

std::optional<std::string> opaque_string(std::string_view text) { return until_stable(text, enforce_opaque); }

std::optional<std::string> nodeprep(std::string_view text) {
  const std::optional<Text> input = from_utf8(text);
  const UStringPrepProfile* profile = nodeprep_profile();
  if (!input || profile == nullptr) return std::nullopt;
  Text output;
  UErrorCode status = U_BUFFER_OVERFLOW_ERROR;
  int32_t length = input->length();
  while (status == U_BUFFER_OVERFLOW_ERROR) {  // at most twice: the first round tells the length
    char16_t* buffer = output.getBuffer(length);
    if (buffer == nullptr) return std::nullopt;
    status = U_ZERO_ERROR;
    length = usprep_prepare(profile, input->getBuffer(), input->length(), buffer, output.getCapacity(),
                            USPREP_DEFAULT, nullptr, &status);
    output.releaseBuffer(U_SUCCESS(status) ? length : 0);
  }
  if (U_FAILURE(status) || output.isEmpty()) return std::nullopt;
  return to_utf8(output);
}

}  // namespace vestnik::precis
