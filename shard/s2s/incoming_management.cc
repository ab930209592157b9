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
  if (frame.name == "r" && inbound_ && !inbound_->is_resuming()) return inbound_->on_request();
  close({StreamCondition::unsupported_stanza_type, "this element is not expected here"});
}

void IncomingStream::on_enable(const xml::Frame& frame) {
  if (!is_proven()) return refuse_management(StanzaCondition::unexpected_request, "prove who you are first");
  if (inbound_) return refuse_management(StanzaCondition::unexpected_request, "it is enabled already");
  // It is resumed by name, which a stream without a `from` does not have.
  const bool resumable = sm::parse_flag(xml::attribute_of(frame, "resume")) && speaks_for(remote_);
  inbound_ = shard().inbound().open(remote_, resumable);
  inbound_->start(*this);
  const auto limit = std::chrono::duration_cast<std::chrono::seconds>(shard().config().s2s.resume_timeout);
  send(sm::enabled(
      {.id = inbound_->id(), .max_seconds = static_cast<std::uint32_t>(limit.count()), .location = {}}));
}

void IncomingStream::on_resume(const xml::Frame& frame) {
  if (!speaks_for(remote_) || inbound_) {
    return refuse_management(StanzaCondition::unexpected_request, "not now");
  }
  const auto found = shard().inbound().find(xml::attribute_of(frame, "previd"), remote_);
  if (!found) return refuse_management(StanzaCondition::item_not_found, "there is no such stream any more");
  inbound_ = found;
  inbound_->resume(*this);
}

void IncomingStream::on_resumed(std::uint32_t handled) { send(sm::resumed(inbound_->id(), handled)); }

void IncomingStream::on_not_resumed(std::uint32_t handled) {
  shard().inbound().forget(*inbound_);
  inbound_.reset();
  send(sm::failed(StanzaCondition::item_not_found, "what came before could not be handled in time", handled));
}

void IncomingStream::refuse_management(StanzaCondition condition, std::string_view text) {
  send(sm::failed(condition, text));
}

}  // namespace vestnik::s2s
