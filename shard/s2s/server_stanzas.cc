// Stanzas of another server: checked, brought into our form, handed to their shard.
#include <fmt/format.h>

#include <utility>

#include "proto/stanza/reply.h"
#include "proto/xml/attributes.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/s2s/s2s_shard.h"
#include "shard/s2s/server_stream.h"
#include "shard/session/stamps.h"

namespace vestnik::s2s {

void ServerStream::on_stanza(const xml::Frame& frame) {
  if (inbound_ && inbound_->is_catching_up()) {
    return close({StreamCondition::policy_violation, "wait until the stream is resumed"});
  }
  // RFC 6120 §8.1.1.2, §8.1.2.2: between servers both are there.
  const auto* to = xml::find_attribute(frame, "to");
  const auto* from = xml::find_attribute(frame, "from");
  if (to == nullptr || from == nullptr || to->raw_value.empty() || from->raw_value.empty()) {
    return close({StreamCondition::improper_addressing, "a stanza between servers has 'from' and 'to'"});
  }
  Receipt receipt = inbound_ ? inbound_->receive() : Receipt{};
  auto stanza = build_stanza(frame, {}, lang_);
  if (!stanza) return reject(frame, stanza.error());
  if (!is_allowed(stanza->from(), stanza->to())) return;
  last_used_ = shard().reactor().now();
  if (stanza->is_iq() && !is_sound_iq(*stanza, frame)) return reject(frame, unsound_iq());
  strip_stamps_of_hosts(shard().document(), shard().config(), *stanza);
  shard().deliver(std::move(*stanza), std::move(receipt));
}

// False: the stream was ended.
bool ServerStream::is_allowed(JidView from, JidView to) {
  if (!shard().is_local(to.domain())) {
    close({StreamCondition::host_unknown, fmt::format("'{}' is not served here", to.domain())});
    return false;
  }
  if (speaks_for(from.domain(), to.domain())) return true;
  close({StreamCondition::invalid_from,
         fmt::format("this stream may not speak for {} to {}", from.domain(), to.domain())});
  return false;
}

// Answers what could not become a stanza, as far as its kind allows an answer and it is known to whom.
void ServerStream::reject(const xml::Frame& frame, const StanzaReject& why) {
  const auto from = Jid::parse(xml::attribute_of(frame, "from"));
  if (!from || !speaks_for(from->domain(), local())) {
    return close({StreamCondition::invalid_from, "a 'from' that this stream may not use"});
  }
  const auto to = Jid::parse(xml::attribute_of(frame, "to"));
  const Jid host(JidView::of_canonical(local()));
  const JidView addressee = to && shard().is_local(to->domain()) ? to->view() : host.view();
  if (auto answer = make_refusal(frame, *from, addressee, why)) shard().send_to_owner(std::move(*answer));
}

}  // namespace vestnik::s2s
