#include "proto/xep/forward.h"

#include <string>

#include "proto/base/assert.h"

namespace vestnik {
namespace {

constexpr std::string_view kStart = "<message";
constexpr std::string_view kEnd = "</message>";

}  // namespace

void write_forwarded(xml::Writer& writer, std::string_view message, std::string_view appended,
                     std::string_view delay) {
  VESTNIK_ASSERT(message.starts_with(kStart));
  message.remove_prefix(kStart.size());
  writer.open("forwarded", "urn:xmpp:forward:0").raw(delay).raw(kStart).raw(" xmlns='jabber:client'");
  if (message.ends_with(kEnd)) {
    message.remove_suffix(kEnd.size());
    writer.raw(message);
  } else {
    message.remove_suffix(2);  // "/>": a message without content
    writer.raw(message).raw(">");
  }
  writer.raw(appended).raw(kEnd).close();
}

void write_forwarded(xml::Writer& writer, const Stanza& stanza) {
  StanzaHead head = stanza.head();
  const std::string extra = std::string(head.extra) + " xmlns='jabber:client'";
  head.extra = extra;
  writer.open("forwarded", "urn:xmpp:forward:0").raw(stanza.with_head(head).wire()).close();
}

}  // namespace vestnik
