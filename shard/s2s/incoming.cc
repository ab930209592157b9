#include "shard/s2s/incoming.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "proto/jid/jid.h"
#include "proto/sasl/sasl1.h"
#include "proto/xep/sm.h"
#include "proto/xml/attributes.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/s2s/s2s_shard.h"
#include "shard/s2s/trust.h"

namespace vestnik::s2s {
namespace {

constexpr std::uint32_t kMaxRefusals = 5;
// Of one stream: domains proven, and domains that are being asked at a time.
constexpr std::size_t kMaxPairs = 1'000;
constexpr std::size_t kMaxClaims = 10;

}  // namespace

IncomingStream::IncomingStream(S2sShard& shard, Transport::Socket socket, bool direct_tls, AddressSlot slot)
    : ServerStream(shard, std::move(socket), std::move(slot)), direct_tls_(direct_tls) {}

IncomingStream::IncomingStream(S2sShard& shard, MovedIncoming moved)
    : ServerStream(shard, std::move(moved.stream)),
      direct_tls_(moved.direct_tls),
      local_(std::move(moved.local)),
      remote_(std::move(moved.remote)),
      stream_id_(std::move(moved.stream_id)),
      external_offered_(moved.external_offered) {
  lang_ = std::move(moved.lang);
}

void IncomingStream::start() {
  if (direct_tls_) begin_tls(shard().new_tls_server(""));
  live_here();
}

void IncomingStream::live_here() {
  set_rate(ByteRate::of(shard().config().limits.s2s_bytes_per_second));
  set_deadline(shard().config().s2s.negotiation_timeout);
  run("s2s.in", std::static_pointer_cast<IncomingStream>(shared_from_this()));
}

// To where the links to the domain are, for both directions meet there.
Task<void> IncomingStream::move_to(S2sShard* owner) {
  flush();
  if (!is_open()) co_return;
  MovedIncoming moved{.stream = release(),
                      .direct_tls = direct_tls_,
                      .local = local_,
                      .remote = remote_,
                      .stream_id = stream_id_,
                      .lang = lang_,
                      .external_offered = external_offered_};
  owner->reactor().post([owner, moved = std::move(moved)]() mutable {
    if (!owner->stopping()) std::make_shared<IncomingStream>(*owner, std::move(moved))->live_here();
  });
}

void IncomingStream::send_error_header() {
  stream_id_ = shard().new_id();
  send_header({.content_ns = ns::kServer, .from = local_, .to = remote_, .id = stream_id_});
}

void IncomingStream::on_header(const StreamHeader& header) {
  const std::string from = header.from ? header.from->full() : "";
  const bool known_host = shard().is_local(header.to);
  const std::string own = known_host ? header.to : local_;
  stream_id_ = shard().new_id();
  send_header({.content_ns = ns::kServer, .from = own, .to = from, .id = stream_id_});
  if (header.problem) return close(*header.problem);
  if (header.to.empty())
    return close({StreamCondition::improper_addressing, "the stream header has no 'to'"});
  if (!known_host) {
    return close({StreamCondition::host_unknown, fmt::format("'{}' is not served here", header.to)});
  }
  if (header.from && (header.from->has_local() || !header.from->is_bare())) {
    return close({StreamCondition::invalid_from, "a server's 'from' is a domain"});
  }
  if (!header.version_1) {
    return close(
        {StreamCondition::unsupported_version, "this server speaks XMPP 1.0; the stream names no version"});
  }
  // What was proven or offered was so for these two (SECURITY 37).
  if (!local_.empty() && header.to != local_) {
    return close({StreamCondition::not_authorized, "'to' has changed since the stream was opened"});
  }
  if (!remote_.empty() && from != remote_) {
    return close({StreamCondition::invalid_from, "'from' has changed since the stream was opened"});
  }
  if (!from.empty() && shard().is_local(from)) {
    return close({StreamCondition::invalid_from, fmt::format("'{}' is served here", from)});
  }
  local_ = header.to;
  remote_ = from;
  lang_ = header.lang;
  if (shard().config().s2s.policy_of(remote_) == S2sPolicy::blocked && !remote_.empty()) {
    return close(
        {StreamCondition::policy_violation, fmt::format("this server has no traffic with {}", remote_)});
  }
  send_features();
  const bool is_bound = is_proven() || !claims_.empty();
  if (!remote_.empty() && !is_bound && !shard().owns(remote_)) {
    read_on_after(move_to(&shard().services().s2s_of(remote_)));
  }
}

void IncomingStream::send_features() {
  const Config& config = shard().config();
  const bool must_encrypt = tls() == nullptr && config.s2s.tls_required;
  std::string xml = "<stream:features>";
  xml::Writer w(xml);
  if (tls() == nullptr) {
    w.open("starttls", ns::kTls);
    if (must_encrypt) w.leaf("required");
    w.close();
  }
  external_offered_ = external_.empty() && may_use_external();
  if (external_offered_) w.open("mechanisms", ns::kSasl).leaf("mechanism", "EXTERNAL").close();
  if (may_use_dialback()) w.open("dialback", "urn:xmpp:features:dialback").leaf("errors").close();
  if (!must_encrypt) {  // XEP-0478
    w.open("limits", "urn:xmpp:stream-limits:0");
    w.leaf("max-bytes", std::to_string(config.limits.s2s_xml.element_bytes)).close();
  }
  if (!must_encrypt && !is_proven() && config.s2s.bidirectional) w.open("bidi", kBidiFeature).close();
  if (!must_encrypt) xml += sm::kFeature;
  xml += "</stream:features>";
  send(xml);
}

bool IncomingStream::may_use_external() {
  if (remote_.empty() || tls() == nullptr) return false;
  const Trust trust = judge_certificate(tls(), remote_);
  shard().log().debug("s2s.in_certificate",
                      {{"from", remote_}, {"address", address()}, {"reason", trust.reason}});
  return trust.proven;
}

// XEP-0288 §2.2: behind TLS and before the proof.
bool IncomingStream::may_ask_for_bidi() const {
  const bool may = may_use_dialback() && shard().config().s2s.bidirectional;
  return may && !is_proven() && shard().owns(remote_);
}

bool IncomingStream::may_use_dialback() const {
  return tls() != nullptr || !shard().config().s2s.tls_required;
}

void IncomingStream::on_element(const xml::Frame& frame) {
  if (frame.ns == ns::kTls && frame.name == "starttls" && tls() == nullptr) return start_tls();
  if (frame.ns == ns::kSasl) return on_sasl(frame);
  if (frame.ns == ns::kDialback) return on_dialback(frame);
  if (frame.ns == sm::kNs) return on_management(frame);
  if (frame.ns == ns::kServer && stanza_kind(frame.name)) {
    if (!is_proven()) return close({StreamCondition::not_authorized, "prove who you are first"});
    if (may_send_back_ && !inbound_) send_back();
    return on_stanza(frame);
  }
  if (frame.ns == kBidi && may_ask_for_bidi()) {
    may_send_back_ = true;
    return;
  }
  const bool known = frame.ns == ns::kServer || frame.ns == ns::kTls || frame.ns == ns::kStreams;
  if (known) return close({StreamCondition::unsupported_stanza_type, "this element is not expected here"});
  close({StreamCondition::invalid_namespace, "unknown namespace of a top-level element"});
}

void IncomingStream::start_tls() {
  send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  may_send_back_ = false;
  begin_tls(shard().new_tls_server(local_));
}

// EXTERNAL (XEP-0178 §3)

void IncomingStream::on_sasl(const xml::Frame& frame) {
  if (!external_.empty() || (frame.name != "auth" && frame.name != "abort" && frame.name != "response")) {
    return close({StreamCondition::unsupported_stanza_type, "this element is not expected here"});
  }
  if (frame.name == "auth") return on_auth(frame);
  if (frame.name == "abort") return refuse_auth(sasl::FailureCondition::aborted, "");
  refuse_auth(sasl::FailureCondition::malformed_request, "there was no challenge");
}

void IncomingStream::on_auth(const xml::Frame& frame) {
  const std::string mechanism = xml::attribute_of(frame, "mechanism");
  if (tls() == nullptr) return refuse_auth(sasl::FailureCondition::encryption_required, "use STARTTLS first");
  if (!external_offered_ || mechanism != "EXTERNAL") {
    const Trust trust = judge_certificate(tls(), remote_);
    return refuse_auth(sasl::FailureCondition::invalid_mechanism, trust.reason);
  }
  const auto text = frame.bytes.substr(frame.start_tag_end, frame.content_end - frame.start_tag_end);
  const auto initial = sasl::decode_initial_response(text);
  if (!initial) return refuse_auth(initial.error().condition, initial.error().text);
  if (!initial->has_value()) {
    return refuse_auth(sasl::FailureCondition::malformed_request, "send the initial response with <auth/>");
  }
  const std::string_view wanted = (*initial)->reveal();
  const auto authzid = prepare_domain(wanted);
  if (!wanted.empty() && (!authzid || *authzid != remote_)) {
    return refuse_auth(sasl::FailureCondition::invalid_authzid, "this is not the stream's 'from'");
  }
  send(sasl::success_xml({}));
  external_ = remote_;
  restart();
  proved(remote_, "EXTERNAL");
}

void IncomingStream::refuse_auth(sasl::FailureCondition condition, std::string_view text) {
  shard().log().info(
      "s2s.in_refused",
      {{"from", remote_}, {"address", address()}, {"condition", to_string(condition)}, {"reason", text}});
  send(sasl::failure_xml({condition, std::string(text)}));
  if (++refusals_ >= kMaxRefusals) close({StreamCondition::policy_violation, "too many failed attempts"});
}

// Dialback

void IncomingStream::on_dialback(const xml::Frame& frame) {
  const auto element = read_dialback(frame);
  if (!element) return close({StreamCondition::bad_format, "this is no dialback element"});
  if (element->type != DialbackType::request) {
    // XEP-0220 §2.2: answers come on the streams that we opened (SECURITY 9).
    return close({StreamCondition::policy_violation, "an answer that nobody waits for on this stream"});
  }
  if (!may_use_dialback()) {
    send(write_dialback_error(
        {.kind = element->kind, .from = element->to, .to = element->from, .id = element->id},
        StanzaCondition::policy_violation, "use STARTTLS first"));
    return;
  }
  if (element->kind == DialbackKind::verify) return answer_question(*element);
  on_claim(*element);
}

// The receiving server's part: asks the claimed domain's own server.
void IncomingStream::on_claim(const Dialback& claim) {
  using enum StanzaCondition;
  if (!shard().is_local(claim.to))
    return refuse_claim(claim, item_not_found, "the domain is not served here");
  if (shard().is_local(claim.from)) return refuse_claim(claim, not_acceptable, "the domain is served here");
  const S2sPolicy policy = shard().config().s2s.policy_of(claim.from);
  if (policy == S2sPolicy::blocked) {
    return refuse_claim(claim, policy_violation, "this server has no traffic with the domain");
  }
  if (policy == S2sPolicy::secure) {
    const Trust trust = judge_certificate(tls(), claim.from);
    if (!trust.proven) return refuse_claim(claim, not_authorized, trust.reason);
  }
  if (pairs_.size() >= kMaxPairs || claims_.size() >= kMaxClaims) {
    return refuse_claim(claim, resource_constraint, "too many domains on one stream");
  }
  if (!claims_.emplace(claim.from, claim.to).second) return;  // asked already
  link_to_ask(claim).verify(stream_id_, claim.key, [weak = weak_from_this(), this, claim](Verdict verdict) {
    if (const auto held = weak.lock()) on_verdict(claim, verdict);
  });
}

// Not on the stream where the key was shown (XEP-0288 §2.2): the link may be about to send on this one. And
// the links of a further domain may be another shard's.
Link& IncomingStream::link_to_ask(const Dialback& claim) {
  if (may_send_back_ || !shard().owns(claim.from)) return shard().asker(claim.to, claim.from);
  Link& link = shard().link(claim.to, claim.from);
  return link.is_on_their_stream() ? shard().asker(claim.to, claim.from) : link;
}

void IncomingStream::on_verdict(const Dialback& claim, Verdict verdict) {
  using enum StanzaCondition;
  claims_.erase({claim.from, claim.to});
  switch (verdict) {
    case Verdict::valid:
      pairs_.emplace(claim.from, claim.to);
      send(write_dialback({.type = DialbackType::valid, .from = claim.to, .to = claim.from}));
      return proved(claim.from, "dialback");
    case Verdict::invalid: {
      // §2.2.1: the end of the stream, unless others rely on it.
      if (!pairs_.empty() || !external_.empty()) {
        return refuse_claim(claim, forbidden, "the domain's server does not know the key");
      }
      shard().log().warn("s2s.in_spoofed", {{"from", claim.from}, {"address", address()}});
      send(write_dialback({.type = DialbackType::invalid, .from = claim.to, .to = claim.from}));
      return finish();
    }
    case Verdict::not_found:
      return refuse_claim(claim, remote_server_not_found, "the domain's own server was not found");
    case Verdict::unreachable:
      return refuse_claim(claim, remote_server_timeout, "the domain's own server did not answer");
    case Verdict::overloaded: return refuse_claim(claim, resource_constraint, "too many questions are open");
  }
}

void IncomingStream::refuse_claim(const Dialback& claim, StanzaCondition condition, std::string_view text) {
  shard().log().info(
      "s2s.in_refused",
      {{"from", claim.from}, {"address", address()}, {"condition", to_string(condition)}, {"reason", text}});
  send(write_dialback_error({.from = claim.to, .to = claim.from}, condition, text));
}

void IncomingStream::proved(std::string domain, std::string_view by) {
  shard().log().info("s2s.in_open", {{"from", domain}, {"address", address()}, {"by", by}});
  logged_in();
  const bool is_first = pairs_.size() + (external_.empty() ? 0 : 1) == 1;
  if (is_first) set_rate(shard().rate_of(domain));
  set_limits(shard().config().limits.s2s_xml);
  last_used_ = shard().reactor().now();
  set_deadline(shard().config().s2s.idle_timeout * 2);
  shard().peer_is_alive(domain);
}

// Its life

std::string IncomingStream::proven() const {
  std::set<std::string> domains;
  for (const auto& pair : pairs_) domains.insert(pair.first + " (dialback)");
  if (!external_.empty()) domains.insert(external_ + " (EXTERNAL)");
  return fmt::format("{}", fmt::join(domains, ", "));
}

std::string_view IncomingStream::proof() const {
  if (!external_.empty()) return "EXTERNAL";
  return pairs_.empty() ? "" : "dialback";
}

bool IncomingStream::speaks_for(std::string_view theirs, std::string_view ours) const {
  return theirs == external_ || pairs_.contains(std::pair(theirs, ours));
}

bool IncomingStream::speaks_for(const std::string& domain) const {
  return external_ == domain || std::ranges::any_of(pairs_, [&](const auto& p) { return p.first == domain; });
}

void IncomingStream::look_at_policy() {
  if (!local_.empty() && !shard().is_local(local_)) {
    return close({StreamCondition::host_gone, "this host is no longer served here"});
  }
  const S2sConfig& config = shard().config().s2s;
  const auto is_blocked = [&](const std::string& domain) {
    return !domain.empty() && config.policy_of(domain) == S2sPolicy::blocked;
  };
  if (is_blocked(external_) ||
      std::ranges::any_of(pairs_, is_blocked, [](const auto& p) { return p.first; })) {
    close({StreamCondition::policy_violation, "this server has no traffic with the domain"});
  }
}

// A stream that proves nothing in time, or that its server seems to have forgotten: it is the one to close
// idle streams, so it has twice the time.
void IncomingStream::on_deadline() {
  if (!is_proven()) {
    return close({StreamCondition::connection_timeout, "the stream was not set up in time"});
  }
  look_after(shard().config().s2s.idle_timeout * 2);
}

void IncomingStream::on_ended(End how, std::string_view why) {
  ServerStream::on_ended(how, why);
  shard().log().info("s2s.in_closed",
                     {{"from", remote_}, {"address", address()}, {"proven", proven()}, {"reason", why}});
}

}  // namespace vestnik::s2s
