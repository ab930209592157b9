#include "shard/s2s/outgoing.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "proto/base/base64.h"
#include "proto/jid/jid.h"
#include "proto/s2s/dialback_key.h"
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
                               bool direct_tls)
    : ServerStream(shard, std::move(socket), {}), link_(std::move(link)), direct_tls_(direct_tls) {}

void OutgoingStream::start() {
  if (direct_tls_) {
    begin_tls(shard().new_tls_client(link_->local(), link_->remote()));
  } else {
    greet();
  }
  run("s2s.out", std::static_pointer_cast<OutgoingStream>(shared_from_this()));
}

void OutgoingStream::greet() {
  send_header({.content_ns = ns::kServer, .from = link_->local(), .to = link_->remote(), .id = {}});
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
  for (const auto& [prefix, name] : framer().stream_namespaces()) knows_dialback_ |= name == ns::kDialback;
}

void OutgoingStream::on_element(const xml::Frame& frame) {
  if (frame.ns == ns::kStreams && frame.name == "features") {
    return on_features(shard().document().parse(frame.bytes, ns::kServer, &framer().stream_namespaces()));
  }
  if (frame.ns == ns::kDialback) return on_dialback(frame);
  if (frame.ns == ns::kTls && stage_ == Stage::starttls) {
    if (frame.name != "proceed") return fail("it refused STARTTLS");
    return begin_tls(shard().new_tls_client(link_->local(), link_->remote()));
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
    if (shard().config().s2s.tls_required) return fail("it offers no TLS");
  }
  if (!accepts_certificate()) return;
  knows_dialback_ |= static_cast<bool>(features.child("dialback", kDialbackFeature));
  link_->set_max_bytes(max_bytes(features));
  may_ask_ = true;
  has_questions();
  if (!proof_.empty()) return open();
  prove_ourselves(features);
}

// False: the stream was ended.
bool OutgoingStream::accepts_certificate() {
  if (std::exchange(judged_, true)) return true;
  const Trust trust = judge_certificate(tls(), link_->remote());
  link_->note("certificate: " + trust.reason);
  if (trust.proven || link_->policy() == S2sPolicy::dialback) return true;
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
  if (!element || element->type == DialbackType::request) {
    return close({StreamCondition::unsupported_stanza_type, "dialback requests go the other way"});
  }
  if (element->kind == DialbackKind::verify) return link_->on_answer(*element);
  const bool ours = element->from == link_->remote() && element->to == link_->local();
  if (stage_ != Stage::dialback || !ours) return;  // nobody asked
  if (element->type == DialbackType::valid) {
    proof_ = "dialback";
    return open();
  }
  const xml::Element tree = shard().document().parse(frame.bytes, ns::kServer, &framer().stream_namespaces());
  const std::string_view condition = tree.child("error", ns::kServer).first_child().name();
  fail(fmt::format("it refused our dialback: {}", condition.empty() ? "invalid" : condition));
}

void OutgoingStream::has_questions() {
  if (may_ask_) send(link_->unsent_questions());
}

void OutgoingStream::open() {
  stage_ = Stage::open;
  link_->note(fmt::format("authentication: by {}", proof_));
  set_limits(shard().config().limits.s2s_xml);
  last_used_ = shard().reactor().now();
  set_deadline(shard().config().s2s.idle_timeout);
  link_->on_open();
}

void OutgoingStream::on_drained(std::string& more) {
  if (!is_open() || stage_ != Stage::open) return;
  link_->drained();
  link_->refill(more);
  if (!more.empty()) last_used_ = shard().reactor().now();
}

// Idle streams are closed; the next stanza opens another.
void OutgoingStream::on_deadline() {
  const auto idle =
      std::chrono::duration_cast<std::chrono::milliseconds>(shard().reactor().now() - last_used_);
  const auto limit = shard().config().s2s.idle_timeout;
  if (idle < limit || queued_bytes() != 0) {
    return set_deadline(std::max(limit - idle, std::chrono::milliseconds{1'000}));
  }
  finish();
}

void OutgoingStream::fail(std::string text) {
  link_->fail_with(
      {StanzaCondition::remote_server_timeout,
       fmt::format("the server of {} at {} cannot be used: {}", link_->remote(), address(), text)});
  finish();
}

void OutgoingStream::on_ended(End /*how*/, std::string_view why) { link_->on_stream_ended(why); }

}  // namespace vestnik::s2s
