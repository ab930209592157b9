#pragma once
#include <optional>
#include <string_view>

#include "proto/stanza/stanza.h"
#include "proto/xml/framer.h"

namespace vestnik {

/// The error reply to a stanza: from and to swapped, id kept (RFC 6120 §8.3.1). `text` is for people and may
/// be empty; `app` is a whole application-specific element or empty; `type` is the condition's own unless a
/// spec wants another. Ask may_answer_with_error() first.
Stanza make_error(const Stanza& original, StanzaCondition condition, std::string_view text = {},
                  std::string_view app = {}, std::string_view type = {});

/// False for stanzas that must never be answered with an error: errors, iq results, and presence other than
/// `subscribe`, `probe` and directed `available` (RFC 6120 §8.3.1, TRAPS row 5).
bool may_answer_with_error(const Stanza& stanza);

/// The error reply to a frame of a stanza's name that may not become one, from and to being those of the
/// original; nullopt if such stanzas are not answered.
std::optional<Stanza> make_refusal(const xml::Frame& frame, JidView from, JidView to,
                                   const StanzaReject& why);

/// RFC 6120 §8.2.3: an iq has an id, and a request exactly one child element. `stanza` was made of `frame`.
bool is_sound_iq(const Stanza& stanza, const xml::Frame& frame);
inline StanzaReject unsound_iq() {
  return {StanzaCondition::bad_request, "an iq has an id, and a request one child element"};
}

/// The result of an iq get or set. `payload` is a whole child element or empty.
Stanza make_result(const Stanza& request, std::string_view payload = {});

}  // namespace vestnik
