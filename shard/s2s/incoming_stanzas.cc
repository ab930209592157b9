// Stanzas of another server: checked, brought into our form, handed to their shard.
#include <fmt/format.h>

#include <utility>

#include "proto/stanza/reply.h"
#include "proto/xml/attributes.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/s2s/incoming.h"
#include "shard/s2s/s2s_shard.h"
#include "shard/session/stamps.h"

namespace vestnik::s2s {
namespace {

StanzaKind kind_of(std::string_view name) {
  if (name == "iq") return StanzaKind::iq;
  return name == "message" ? StanzaKind::message : StanzaKind::presence;
}

}  // namespace

void IncomingStream::on_stanza(const xml::Frame& frame) {
  if (external_.empty() && pairs_.empty()) {
    return close({StreamCondition::not_authorized, "prove who you are first"});
  }
  // RFC 6120 §8.1.1.2, §8.1.2.2: between servers both are there.
  const auto* to = xml::find_attribute(frame, "to");
  const auto* from = xml::find_attribute(frame, "from");
  if (to == nullptr || from == nullptr || to->raw_value.empty() || from->raw_value.empty()) {
    return close({StreamCondition::improper_addressing, "a stanza between servers has 'from' and 'to'"});
  }
  auto stanza = build_stanza(frame);
  if (!stanza) return reject(frame, stanza.error());
  if (!is_allowed(*stanza)) return;
  last_used_ = shard().reactor().now();
  const bool one_child = frame.children->size() == 1;
  if (stanza->is_iq() && (stanza->id().empty() || (stanza->is_request() && !one_child))) {
    // RFC 6120 §8.2.3
    return reject(frame, {StanzaCondition::bad_request, "an iq has an id, and a request one child element"});
  }
  strip_stamps_of_hosts(shard().document(), shard().config(), *stanza);
  shard().deliver(std::move(*stanza));
}

// False: the stream was ended.
bool IncomingStream::is_allowed(const Stanza& stanza) {
  std::string from(stanza.from().domain());
  std::string to(stanza.to().domain());
  if (!shard().is_local(to)) {
    close({StreamCondition::host_unknown, fmt::format("'{}' is not served here", to)});
    return false;
  }
  if (from == external_ || pairs_.contains({from, to})) return true;
  close({StreamCondition::invalid_from, fmt::format("this stream may not speak for {} to {}", from, to)});
  return false;
}

Result<Stanza, StanzaReject> IncomingStream::build_stanza(const xml::Frame& frame) {
  if (frame.forwardable) return Stanza::from_frame(frame, {}, lang_);
  // Uses what is bound outside it: written anew with its own declarations (RULES 7).
  std::string copy;
  xml::Writer(copy).copy(shard().document().parse(frame.bytes, ns::kServer, &framer().stream_namespaces()),
                         ns::kServer);
  return Stanza::from_xml(copy, {}, lang_);
}

// Answers what could not become a stanza, as far as its kind allows an answer and it is known to whom.
void IncomingStream::reject(const xml::Frame& frame, const StanzaReject& why) {
  const auto from = Jid::parse(xml::attribute_of(frame, "from"));
  if (!from || (from->domain() != external_ && !pairs_.contains({std::string(from->domain()), local_}))) {
    return close({StreamCondition::invalid_from, "a 'from' that this stream may not use"});
  }
  const std::string type = xml::attribute_of(frame, "type");
  if (type == "error" || type == "result") return;
  const auto to = Jid::parse(xml::attribute_of(frame, "to"));
  const Jid host(JidView::of_canonical(local_));
  const std::string id = xml::attribute_of(frame, "id");
  const Stanza original = Stanza::make({.kind = kind_of(frame.name),
                                        .from = *from,
                                        .to = to && shard().is_local(to->domain()) ? to->view() : host.view(),
                                        .id = id},
                                       "");
  shard().route(make_error(original, why.condition, why.text));
}

}  // namespace vestnik::s2s
