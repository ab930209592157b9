#include "proto/xep/retraction.h"

#include "proto/base/datetime.h"
#include "proto/xml/writer.h"

namespace vestnik::retraction {

std::string_view retracted_id(xml::Element message) {
  return message.child("retract", kRetraction).attr_or_empty("id");
}

bool concerns(const Stanza& message, std::string_view author, std::string_view id) {
  const bool conversation = message.type() == StanzaType::chat || message.type() == StanzaType::normal;
  return message.is_message() && conversation && message.id() == id && message.from().bare() == author &&
         !message.has(Mark::retract) && !message.payload().starts_with("<retracted ");
}

Stanza tombstone(const Stanza& message, std::string_view retraction_id,
                 std::chrono::system_clock::time_point when) {
  std::string content;
  xml::Writer(content)
      .open("retracted", kRetraction)
      .attr("id", retraction_id)
      .attr("stamp", format_utc(when, Fraction::milliseconds))
      .close();
  return Stanza::make(message.head(), content);
}

}  // namespace vestnik::retraction
