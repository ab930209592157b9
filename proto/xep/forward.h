#pragma once
#include <string_view>

#include "proto/stanza/stanza.h"
#include "proto/xml/writer.h"

namespace vestnik {

/// Writes `<forwarded/>` (XEP-0297). `message` is a message as Stanza::wire() gives it, `appended` is added
/// to its content, `delay` (a `<delay/>` or nothing) says when it was received.
void write_forwarded(xml::Writer& writer, std::string_view message, std::string_view appended = {},
                     std::string_view delay = {});

/// The same for any stanza.
void write_forwarded(xml::Writer& writer, const Stanza& stanza);

}  // namespace vestnik
