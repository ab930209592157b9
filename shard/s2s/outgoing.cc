#include "shard/s2s/outgoing.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "proto/base/base64.h"
#include "proto/jid/jid.h"
#include "proto/s2s/dialback_key.h"
#include "proto/xep/sm.h"
#include "proto/xml/attributes.h"
#include "proto/xml/ns.h"
#include "shard/s2s/literal.h"
#include "shard/s2s/s2s_shard.h"
#include "shard/s2s/trust.h"

namespace vestnik::s2s {
namespace {

constexpr std::string_view kDialbackFeature = "urn:xmpp:features:dialback";
constexpr std::string_view kLimits = "urn:xmpp:stream-limits:0";

bool offers_external(xml::Element features) {
  for (const xml::Element mechanism : features.child("mechanisms", ns::kSasl).children()) {
    if (mechanism.name() == "mechanism" && mechanism.text() == "EXTERNAL") return true;
  }
  return false;
}

std::uint64_t max_bytes(xml::Element features) {
  const std::string text = features.child("limits", kLimits).child("max-bytes").text();
  std::uint64_t bytes = 0;
  std::from_chars(text.data(), text.data() + text.size(), bytes);
  return bytes;
}

}  // namespace

OutgoingStream::OutgoingStream(S2sShard& shard, Transport::Socket socket, std::shared_ptr<Link> link,
                               ServerAddress at)
    : ServerStream(shard, std::move(socket), {}),
      local_(link->local()),
      remote_(link->remote()),
      at_(std::move(at)) {
  link_ = std::move(link);
}

void OutgoingStream::start() {
  if (at_.direct_tls) {
    begin_tls();
  } else {
    greet();
  }
  run("s2s.out", std::static_pointer_cast<OutgoingStream>(shared_from_this()));
}

void OutgoingStream::greet() {
  send_header({.content_ns = ns::kServer, .from = link_->local(), .to = link_->remote(), .id = {}});
}

void OutgoingStream::begin_tls() {
  auto tls = shard().new_tls_client(local_, remote_);
  expects_dane_ = at_.dane && tls->expect_dane(at_.dane->base, at_.dane->records);
  ServerStream::begin_tls(std::move(tls));
}

void OutgoingStream::on_secured() {
  link_->note(fmt::format("TLS: {} {}", tls()->version(), tls()->cipher()));
  stage_ = Stage::greeting;
  greet();
}

void OutgoingStream::on_header(const StreamHeader& header) {
  if (header.problem) return close(*header.problem);
  if (header.from && header.from->full() != link_->remote()) {
    return close({StreamCondition::invalid_from, "this stream was opened to another domain"});
  }
  if (!header.version_1) return fail("it speaks no XMPP 1.0, and so no TLS");
  stream_id_ = header.id;
  lang_ = header.lang;
  for (const auto& [prefix, name] : framer().stream_namespaces()) knows_dialback_ |= name == ns::kDialback;
}

void OutgoingStream::on_element(const xml::Frame& frame) {
  if (may_take_stanzas() && frame.ns == ns::kServer && stanza_kind(frame.name)) return on_stanza(frame);
  if (frame.ns == ns::kStreams && frame.name == "features") {
    return on_features(shard().document().parse(frame.bytes, ns::kServer, &framer().stream_namespaces()));
  }
  if (frame.ns == ns::kDialback) return on_dialback(frame);
  if (frame.ns == sm::kNs) return on_management(frame);
  if (frame.ns == ns::kTls && stage_ == Stage::starttls) {
    if (frame.name != "proceed") return fail("it refused STARTTLS");
    return begin_tls();
  }
  if (frame.ns == ns::kSasl && stage_ == Stage::external) {
    if (frame.name != "success") return on_external_failed();
    proof_ = "EXTERNAL";
    stage_ = Stage::greeting;
    restart();
    return greet();
  }
  close({StreamCondition::unsupported_stanza_type, "nothing of this kind is expected on this stream"});
}

void OutgoingStream::on_features(xml::Element features) {
  if (stage_ != Stage::greeting) return;  // of the stream that was there before
  if (tls() == nullptr) {
    if (features.child("starttls", ns::kTls)) {
      stage_ = Stage::starttls;
      return send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    }
    if (shard().config().s2s.tls_required || at_.dane) return fail("it offers no TLS");
  }
  if (!accepts_certificate()) return;
  knows_dialback_ |= static_cast<bool>(features.child("dialback", kDialbackFeature));
  link_->set_max_bytes(max_bytes(features));
  can_manage_ = static_cast<bool>(features.child("sm", sm::kNs));
  may_ask_ = true;
  has_questions();
  if (link_->only_asks()) return open();
  if (!proof_.empty()) return on_proven();
  ask_for_both_directions(features);
  prove_ourselves(features);
}

void OutgoingStream::ask_for_both_directions(xml::Element features) {
  if (!shard().config().s2s.bidirectional || !features.child("bidi", kBidiFeature)) return;
  bidi_ = true;
  set_rate(shard().rate_of(remote_));
  send("<bidi xmlns='urn:xmpp:bidi'/>");
}

// False: the stream was ended.
bool OutgoingStream::accepts_certificate() {
  if (std::exchange(judged_, true)) return true;
  const Trust trust =
      expects_dane_ ? judge_by_dane(*tls(), remote_, at_.dane->base) : judge_certificate(tls(), remote_);
  link_->note("certificate: " + trust.reason);
  if (trust.proven || (link_->policy() == S2sPolicy::dialback && !expects_dane_)) return true;
  fail(trust.reason);
  return false;
}

void OutgoingStream::prove_ourselves(xml::Element features) {
  if (offers_external(features)) {
    stage_ = Stage::external;
    may_ask_ = false;  // until there is an answer
    return send(fmt::format("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>{}</auth>",
                            base64_encode(link_->local())));
  }
  if (!knows_dialback_) return fail("it does not accept our certificate and knows no dialback");
  start_dialback();
}

void OutgoingStream::on_external_failed() {
  link_->note("authentication: EXTERNAL was refused");
  may_ask_ = true;
  has_questions();
  if (!knows_dialback_) return fail("it refused our certificate and knows no dialback");
  start_dialback();
}

void OutgoingStream::start_dialback() {
  stage_ = Stage::dialback;
  send(write_dialback(
      {.from = link_->local(),
       .to = link_->remote(),
       .key = dialback_key(shard().dialback_secret(), link_->remote(), link_->local(), stream_id_)}));
}

void OutgoingStream::on_dialback(const xml::Frame& frame) {
  const auto element = read_dialback(frame);
  if (!element || (element->type == DialbackType::request && !bidi_)) {
    return close({StreamCondition::unsupported_stanza_type, "dialback requests go the other way"});
  }
  if (element->type == DialbackType::request) return on_dialback_request(*element);
  if (element->kind == DialbackKind::verify) return link_->on_answer(*element);
  const bool ours = element->from == link_->remote() && element->to == link_->local();
  if (stage_ != Stage::dialback || !ours) return;  // nobody asked
  if (element->type == DialbackType::valid) {
    proof_ = "dialback";
    return on_proven();
  }
  const xml::Element tree = shard().document().parse(frame.bytes, ns::kServer, &framer().stream_namespaces());
  const std::string_view condition = tree.child("error", ns::kServer).first_child().name();
  fail(fmt::format("it refused our dialback: {}", condition.empty() ? "invalid" : condition));
}

// On a stream of both directions the other server may claim further domains (XEP-0288 §2.2), which we do not
// take.
void OutgoingStream::on_dialback_request(const Dialback& request) {
  if (request.kind == DialbackKind::verify) return answer_question(request);
  send(write_dialback_error({.kind = DialbackKind::result, .from = request.to, .to = request.from},
                            StanzaCondition::policy_violation, "use a stream of its own for another domain"));
}

void OutgoingStream::has_questions() {
  if (may_ask_) send(link_->unsent_questions());
}

void OutgoingStream::on_proven() {
  link_->note(fmt::format("authentication: by {}{}", proof_, bidi_ ? "; stanzas flow both ways" : ""));
  set_limits(shard().config().limits.s2s_xml);
  if (!can_manage_) {
    link_->not_resumed();
    return open();
  }
  stage_ = Stage::managing;
  if (link_->resumable().empty()) return enable();
  inbound_ = link_->resumable_inbound();
  if (inbound_) return inbound_->resume(*this);
  on_caught_up(0);
}

void OutgoingStream::open() {
  stage_ = Stage::open;
  last_used_ = shard().reactor().now();
  set_deadline(shard().config().s2s.idle_timeout);
  begin_sending();
}

// Stream management (XEP-0198), of the side that opened the stream

void OutgoingStream::enable() { send(sm::enable(true)); }

void OutgoingStream::on_caught_up(std::uint32_t handled) { send(sm::resume(link_->resumable(), handled)); }

void OutgoingStream::on_not_caught_up(std::uint32_t /*handled*/) {
  shard().inbound().forget(*inbound_);
  inbound_.reset();
  link_->not_resumed();
  enable();
}

void OutgoingStream::on_management(const xml::Frame& frame) {
  if (stage_ == Stage::managing && frame.name == "enabled") return on_enabled(frame);
  if (stage_ == Stage::managing && frame.name == "resumed") {
    link_->note("resumed the stream that was lost");
    on_acknowledged(frame);
    if (is_open()) open();
    return;
  }
  if (stage_ == Stage::managing && frame.name == "failed") return on_management_failed(frame);
  if (stage_ != Stage::managing && on_count(frame)) return;
  // Where nothing is received, this is all there is to say.
  if (stage_ == Stage::open && frame.name == "r" && !inbound_) return send(sm::answer(0));
  close({StreamCondition::unsupported_stanza_type, "nothing of this kind is expected on this stream"});
}

void OutgoingStream::on_enabled(const xml::Frame& frame) {
  const bool resumable = sm::parse_flag(xml::attribute_of(frame, "resume"));
  std::string id = resumable ? xml::attribute_of(frame, "id") : "";
  if (bidi_) begin_counting(!id.empty());
  link_->on_enabled({.id = std::move(id), .inbound = inbound_});
  open();
}

void OutgoingStream::on_management_failed(const xml::Frame& frame) {
  if (link_->resumable().empty()) {
    link_->not_resumed();
    return open();
  }
  // What is not handled by the count, if there is one, is sent again (§5).
  if (!xml::attribute_of(frame, "h").empty()) on_acknowledged(frame);
  if (inbound_) shard().inbound().forget(*std::exchange(inbound_, nullptr));
  link_->not_resumed();
  if (is_open()) enable();
}

void OutgoingStream::on_deadline() { look_after(shard().config().s2s.idle_timeout); }

void OutgoingStream::fail(std::string text) {
  link_->fail_with(
      {StanzaCondition::remote_server_timeout,
       fmt::format("the server of {} at {} cannot be used: {}", link_->remote(), address(), text)});
  finish();
}

}  // namespace vestnik::s2s
