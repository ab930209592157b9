#include "proto/stanza/reply.h"

#include <string>

#include "proto/xml/attributes.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"

namespace vestnik {
namespace {

StanzaHead answered(const Stanza& original, StanzaType type) {
  return {.kind = original.kind(),
          .type = type,
          .from = original.to(),
          .to = original.from(),
          .id = original.id()};
}

}  // namespace

Stanza make_error(const Stanza& original, StanzaCondition condition, std::string_view text,
                  std::string_view app, std::string_view type) {
  std::string payload;
  xml::Writer w(payload);
  w.open("error").attr("type", type.empty() ? error_type(condition) : type);
  w.leaf(to_string(condition), {}, ns::kStanzaErrors);
  if (!text.empty()) w.open("text", ns::kStanzaErrors).attr("xml:lang", "en").text(text).close();
  if (!app.empty()) w.raw(app);
  w.close();
  return Stanza::make(answered(original, StanzaType::error), payload);
}

bool may_answer_with_error(const Stanza& stanza) {
  switch (stanza.type()) {
    case StanzaType::error:
    case StanzaType::result:
    case StanzaType::unavailable:
    case StanzaType::subscribed:
    case StanzaType::unsubscribe:
    case StanzaType::unsubscribed: return false;
    default: return true;
  }
}

std::optional<Stanza> make_refusal(const xml::Frame& frame, JidView from, JidView to,
                                   const StanzaReject& why) {
  const auto kind = stanza_kind(frame.name);
  const auto* type = xml::find_attribute(frame, "type");
  if (!kind || (type != nullptr && (type->raw_value == "error" || type->raw_value == "result"))) return {};
  const std::string id = xml::attribute_of(frame, "id");
  return make_error(Stanza::make({.kind = *kind, .from = from, .to = to, .id = id}, ""), why.condition,
                    why.text);
}

bool is_sound_iq(const Stanza& stanza, const xml::Frame& frame) {
  return !stanza.id().empty() && (!stanza.is_request() || frame.children->size() == 1);
}

Stanza make_result(const Stanza& request, std::string_view payload) {
  return Stanza::make(answered(request, StanzaType::result), payload);
}

}  // namespace vestnik
