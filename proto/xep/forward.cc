#include "proto/xep/forward.h"

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

}  // namespace vestnik
