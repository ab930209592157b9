#include "shard/s2s/server_stream.h"

#include <algorithm>
#include <utility>

#include "proto/s2s/dialback_key.h"
#include "proto/xep/sm.h"
#include "proto/xml/attributes.h"
#include "proto/xml/ns.h"
#include "shard/s2s/link.h"
#include "shard/s2s/s2s_shard.h"

namespace vestnik::s2s {
namespace {

constexpr std::chrono::milliseconds kWindUp{2'000};

}  // namespace

ServerStream::ServerStream(S2sShard& shard, Transport::Socket socket, AddressSlot slot)
    : XmlStream(shard.thread(), ns::kServer, std::move(socket), std::move(slot)), shard_(shard) {
  shard.streams().insert(this);
}

ServerStream::ServerStream(S2sShard& shard, MovedStream moved)
    : XmlStream(shard.thread(), ns::kServer, std::move(moved)), shard_(shard) {
  shard.streams().insert(this);
}

ServerStream::~ServerStream() { shard_.streams().erase(this); }

// What we send

void ServerStream::begin_sending() {
  sending_ = true;
  link_->on_open();
}

void ServerStream::on_drained(std::string& more) {
  if (!is_open() || !sending_) return;
  link_->drained();
  link_->refill(more);
  if (!more.empty()) last_used_ = shard_.reactor().now();
  if (!asked_ && link_->has_unacknowledged()) ask(more);
}

void ServerStream::ask(std::string& out) {
  out.append(sm::kRequest);
  asked_ = true;
  asked_at_ = shard_.reactor().now();
  set_deadline(shard_.config().limits.outbox_stall);
}

bool ServerStream::on_count(const xml::Frame& frame) {
  if (frame.name == "a" && sending_ && link_->is_managed()) {
    on_acknowledged(frame);
    return true;
  }
  if (frame.name != "r" || !inbound_ || inbound_->is_catching_up()) return false;
  inbound_->on_request();
  return true;
}

void ServerStream::on_acknowledged(const xml::Frame& frame) {
  const auto h = sm::parse_count(xml::attribute_of(frame, "h"));
  if (!h) return close({StreamCondition::invalid_xml, "the count of stanzas is no number"});
  if (!link_->on_acknowledged(*h)) return close(sm::handled_count_too_high(*h, link_->sent()));
  asked_ = false;
  if (winding_up_ && !link_->has_unacknowledged()) return close({StreamCondition::system_shutdown, ""});
  flush_later();  // asks for what was sent since
}

// What they send

void ServerStream::begin_counting(bool resumable) {
  inbound_ = shard_.inbound().open(remote(), resumable);
  inbound_->start(*this);
}

// Nothing is kept for it, the key says it all.
void ServerStream::answer_question(const Dialback& question) {
  Dialback answer{.kind = DialbackKind::verify, .from = question.to, .to = question.from, .id = question.id};
  if (!shard_.is_local(question.to)) {
    send(write_dialback_error(answer, StanzaCondition::item_not_found, "the domain is not served here"));
    return;
  }
  const bool valid =
      is_dialback_key(question.key, shard_.dialback_secret(), question.from, question.to, question.id);
  answer.type = valid ? DialbackType::valid : DialbackType::invalid;
  send(write_dialback(answer));
}

// Its end

void ServerStream::wind_up() {
  flush();
  if (!sending_ || !link_->has_unacknowledged()) return close({StreamCondition::system_shutdown, ""});
  winding_up_ = true;
  set_deadline(kWindUp);
}

// Idle streams are closed; the next stanza opens another.
void ServerStream::look_after(std::chrono::milliseconds limit) {
  if (winding_up_) return close({StreamCondition::system_shutdown, ""});
  const auto now = shard_.reactor().now();
  if (asked_ && now - asked_at_ >= shard_.config().limits.outbox_stall) {
    return abort("the other server acknowledges nothing");
  }
  const auto idle = std::chrono::duration_cast<std::chrono::milliseconds>(now - last_used_);
  if (idle < limit || queued_bytes() != 0 || (sending_ && link_->has_unacknowledged())) {
    return set_deadline(std::max(limit - idle, std::chrono::milliseconds{1'000}));
  }
  finish();
}

void ServerStream::on_ended(End how, std::string_view why) {
  sending_ = false;
  if (inbound_ && inbound_->carrier() == this) inbound_->lose_carrier();
  if (link_) std::exchange(link_, nullptr)->on_stream_ended(how == End::lost, why);
}

}  // namespace vestnik::s2s
