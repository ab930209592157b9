// Stream management (XEP-0198), of the side that receives.
#include <utility>

#include "proto/xep/sm.h"
#include "proto/xml/attributes.h"
#include "shard/s2s/incoming.h"
#include "shard/s2s/s2s_shard.h"

namespace vestnik::s2s {

void IncomingStream::on_management(const xml::Frame& frame) {
  if (frame.name == "enable") return on_enable(frame);
  if (frame.name == "resume") return on_resume(frame);
  if (on_count(frame)) return;
  close({StreamCondition::unsupported_stanza_type, "this element is not expected here"});
}

void IncomingStream::on_enable(const xml::Frame& frame) {
  if (!is_proven()) return refuse_management(StanzaCondition::unexpected_request, "prove who you are first");
  if (inbound_) return refuse_management(StanzaCondition::unexpected_request, "it is enabled already");
  // What has gone the other way before is not counted, so none of it may be under way.
  if (is_sending()) flush();
  if (!is_open()) return;
  if (is_sending() && link_->is_under_way()) {
    return refuse_management(StanzaCondition::resource_constraint, "too much is under way to begin now");
  }
  // It is resumed by name, which a stream without a `from` does not have.
  begin_counting(sm::parse_flag(xml::attribute_of(frame, "resume")) && speaks_for(remote_));
  const auto limit = std::chrono::duration_cast<std::chrono::seconds>(shard().config().s2s.resume_timeout);
  send(sm::enabled(
      {.id = inbound_->id(), .max_seconds = static_cast<std::uint32_t>(limit.count()), .location = {}}));
  send_back();
  if (is_sending()) link_->on_enabled({.id = inbound_->id(), .inbound = {}, .theirs = true});
}

void IncomingStream::on_resume(const xml::Frame& frame) {
  if (!speaks_for(remote_) || inbound_ || is_sending()) {
    return refuse_management(StanzaCondition::unexpected_request, "not now");
  }
  const auto handled = sm::parse_count(xml::attribute_of(frame, "h"));
  if (!handled) return close({StreamCondition::invalid_xml, "the count of stanzas is no number"});
  const auto found = shard().inbound().find(xml::attribute_of(frame, "previd"), remote_);
  if (!found) return refuse_management(StanzaCondition::item_not_found, "there is no such stream any more");
  they_handled_ = *handled;
  inbound_ = found;
  inbound_->resume(*this);
}

void IncomingStream::on_caught_up(std::uint32_t handled) {
  send(sm::resumed(inbound_->id(), handled));
  resume_sending_back();
}

void IncomingStream::on_not_caught_up(std::uint32_t handled) {
  shard().inbound().forget(*inbound_);
  inbound_.reset();
  send(sm::failed(StanzaCondition::item_not_found, "what came before could not be handled in time", handled));
}

// The other direction (XEP-0288)

// Our stanzas for the domain go out on this stream, unless they have another.
void IncomingStream::send_back() {
  if (!std::exchange(may_send_back_, false) || !speaks_for(remote_, local_)) return;
  Link& link = shard().link(local_, remote_);
  if (!link.adopt(std::static_pointer_cast<ServerStream>(shared_from_this()), {})) return;
  link_ = link.shared_from_this();
  begin_sending();
}

// Those that were on the way when the stream was lost, if they still wait for it.
void IncomingStream::resume_sending_back() {
  if (!std::exchange(may_send_back_, false)) return;
  Link& link = shard().link(local_, remote_);
  if (!link.adopt(std::static_pointer_cast<ServerStream>(shared_from_this()), inbound_->id())) return;
  link_ = link.shared_from_this();
  if (link_->on_acknowledged(they_handled_)) return begin_sending();
  close(sm::handled_count_too_high(they_handled_, link_->sent()));
}

void IncomingStream::refuse_management(StanzaCondition condition, std::string_view text) {
  send(sm::failed(condition, text));
}

}  // namespace vestnik::s2s
