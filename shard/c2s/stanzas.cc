// Elements of an established session (hop 2): from a checked frame to a stanza that may be routed.
#include <utility>

#include "proto/stanza/reply.h"
#include "proto/stream/header.h"
#include "proto/xep/sm.h"
#include "proto/xml/attributes.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/c2s/connection.h"

namespace vestnik {
namespace {

bool is_known_ns(std::string_view name) {
  return name == ns::kClient || name == ns::kStreams || name == ns::kTls || name == ns::kSasl;
}

bool is_subscription(std::string_view type) {
  return type == "subscribe" || type == "subscribed" || type == "unsubscribe" || type == "unsubscribed";
}

}  // namespace

void C2sConnection::on_session_element(const xml::Frame& frame) {
  if (frame.ns == sm::kNs) return on_stream_management(frame);
  if (frame.ns == ns::kClientState) return on_client_state(frame);
  if (frame.ns != ns::kClient || !stanza_kind(frame.name)) {
    return is_known_ns(frame.ns)
               ? close({StreamCondition::unsupported_stanza_type, "this element is not expected here"})
               : close({StreamCondition::invalid_namespace, "unknown namespace of a top-level element"});
  }
  if (!check_from(frame))
    return close({StreamCondition::invalid_from, "'from' is not this session's address"});
  const ReceiptScope scope(shard_.receipts(), session_->receive());
  // RFC 6121 §3.1.2: a subscription is the account's, not the resource's.
  const auto* type = frame.name == "presence" ? xml::find_attribute(frame, "type") : nullptr;
  const bool as_bare = type != nullptr && is_subscription(type->raw_value);
  const JidView from = as_bare ? session_->jid().view().to_bare() : session_->jid().view();
  auto stanza = build_stanza(frame, from, facts_.lang);
  if (!stanza) return reject(frame, stanza.error());
  if (stanza->is_iq() && !is_sound_iq(*stanza, frame)) return reject(frame, unsound_iq());
  shard_.on_client_stanza(*session_, std::move(*stanza));
}

// XEP-0352. What was held back is on its way before the client's next stanza is read (§5.1).
void C2sConnection::on_client_state(const xml::Frame& frame) {
  if (frame.name == "active") return session_->set_active();
  if (frame.name == "inactive") return session_->set_inactive();
  close({StreamCondition::unsupported_stanza_type, "a client is active or inactive"});
}

// RFC 6120 §8.1.2.1: `from`, if given, is the session's full or bare address.
bool C2sConnection::check_from(const xml::Frame& frame) {
  const auto* from = xml::find_attribute(frame, "from");
  if (from == nullptr) return true;
  const JidView own = session_->jid();
  if (from->raw_value == own.full() || from->raw_value == own.bare()) return true;
  const auto jid = Jid::parse(xml::unescape(from->raw_value).value_or(""));
  return jid && (jid->full() == own.full() || jid->full() == own.bare());
}

// Answers what could not even become a stanza, as far as its kind allows an answer.
void C2sConnection::reject(const xml::Frame& frame, const StanzaReject& why) {
  const auto answer = make_refusal(frame, identity(), {}, why);
  if (!answer) return;
  is_bound() ? session_->send(*answer) : send(answer->wire());
}

}  // namespace vestnik
