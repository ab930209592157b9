#include "proto/jid/escape.h"

#include "proto/base/hex.h"

namespace vestnik {
namespace {

constexpr std::string_view kEscaped = " \"&'/:<>@\\";
constexpr std::size_t kSequence = 3;  // `\20`

// The character that `\xx` at the beginning of `text` stands for; 0: it stands for itself.
char sequence_at(std::string_view text) {
  if (text.size() < kSequence || text[0] != '\\') return 0;
  const auto byte = hex_decode(text.substr(1, 2));
  // §4.2: upper-case digits are no sequence.
  const bool lower = byte && hex_encode(*byte) == text.substr(1, 2);
  return lower && kEscaped.contains((*byte)[0]) ? (*byte)[0] : '\0';
}

}  // namespace

std::string jid_escape(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    // A backslash stands for itself unless it would begin a sequence (§4.2).
    const bool harmless = text[at] == '\\' && sequence_at(text.substr(at)) == 0;
    if (harmless || !kEscaped.contains(text[at])) {
      out += text[at];
    } else {
      out.append("\\").append(hex_encode(text.substr(at, 1)));
    }
  }
  return out;
}

std::string jid_unescape(std::string_view localpart) {
  // §4.3: a localpart never begins or ends with an escaped space; what looks so stays as it is.
  std::string out;
  for (std::size_t at = 0; at < localpart.size();) {
    const char found = sequence_at(localpart.substr(at));
    const bool at_end = at == 0 || at + kSequence == localpart.size();
    if (found == 0 || (found == ' ' && at_end)) {
      out += localpart[at++];
    } else {
      out += found;
      at += kSequence;
    }
  }
  return out;
}

}  // namespace vestnik
