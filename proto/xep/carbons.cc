#include "proto/xep/carbons.h"

#include "proto/xep/forward.h"
#include "proto/xml/writer.h"

namespace vestnik::carbons {
namespace {

bool is_chat(const Stanza& message) {
  if (message.type() == StanzaType::chat) return true;
  if (message.type() == StanzaType::normal && message.has(Mark::body)) return true;
  return message.has(Mark::invite) || message.has(Mark::receipt) || message.has(Mark::chat_state);
}

// XEP-0334 §4.3: the hint counts where the sender means one resource.
bool must_not_be_copied(const Stanza& message) {
  return message.has(Mark::not_carbon) || (message.has(Mark::no_copy) && !message.to().is_bare());
}

}  // namespace

bool eligible(const Stanza& message, Direction direction, bool invites) {
  if (must_not_be_copied(message)) return false;
  if (message.is_error() || message.type() == StanzaType::groupchat) return false;
  if (invites) return true;
  if (message.has(Mark::muc_user) && direction == Direction::received) return false;
  return is_chat(message);
}

std::string wrap(Direction direction, std::string_view message, std::string_view appended) {
  std::string xml;
  xml.reserve(message.size() + appended.size() + 160);
  xml::Writer writer(xml);
  writer.open(direction == Direction::sent ? "sent" : "received", kCarbons);
  write_forwarded(writer, message, appended);
  writer.close();
  return xml;
}

}  // namespace vestnik::carbons
