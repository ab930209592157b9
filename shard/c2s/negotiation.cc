// What happens on a client's stream before there is a session: TLS, SASL, binding (RFC 6120 §5 to §7).
#include <fmt/format.h>

#include <utility>

#include "proto/sasl/sasl1.h"
#include "proto/stanza/reply.h"
#include "proto/stream/header.h"
#include "proto/xep/sm.h"
#include "proto/xml/attributes.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/c2s/connection.h"

namespace vestnik {
namespace {

constexpr std::string_view kAlpn = "xmpp-client";
constexpr std::uint32_t kFailedNegotiations = 10;

std::string resource_of(const Stanza& iq, Shard& shard) {
  const DocumentLease tree(shard, iq.wire());
  return tree.root().child("bind", ns::kBind).child("resource").text();
}

}  // namespace

void C2sConnection::on_header(const StreamHeader& header) {
  const HostConfig* host = shard_.config().host(header.to);
  const std::string to = header.from ? header.from->full() : std::string{};
  send_header({.content_ns = ns::kClient,
               .from = host != nullptr ? header.to : facts_.host,
               .to = to,
               .id = shard_.new_id()});
  if (header.problem) return close(*header.problem);
  if (host == nullptr) {
    return close({StreamCondition::host_unknown, fmt::format("'{}' is not served here", header.to)});
  }
  if (!header.version_1) {
    return close(
        {StreamCondition::unsupported_version, "this server speaks XMPP 1.0; the stream names no version"});
  }
  // The identity was decided for one host; a restart cannot carry it to another (SECURITY 12).
  if (!facts_.identity.empty() && header.to != facts_.host) {
    return close({StreamCondition::not_authorized, "the stream was authenticated for another host"});
  }
  if (header.from && !facts_.identity.empty() && header.from->bare() != facts_.identity.full()) {
    return close({StreamCondition::invalid_from, "'from' is not who has logged in"});
  }
  facts_.host = header.to;
  facts_.lang = header.lang;
  send_features();
}

void C2sConnection::send_features() {
  const HostConfig& host = *shard_.config().host(facts_.host);
  const bool must_encrypt = shard_.config().c2s.tls_required && !facts_.encrypted;
  std::string xml = "<stream:features>";
  xml::Writer w(xml);
  if (!facts_.identity.empty()) {
    w.leaf("bind", {}, ns::kBind);
    w.open("session", ns::kSession).leaf("optional").close();
    w.raw(sm::kFeature);
    w.leaf("csi", {}, ns::kClientState);
  } else {
    if (may_start_tls()) {
      w.open("starttls", ns::kTls);
      if (must_encrypt) w.leaf("required");
      w.close();
    }
    facts_.offer = must_encrypt ? sasl::Offer{} : make_offer(shard_, facts_, tls());
    sasl::write_mechanisms(w, facts_.offer);
    facts_.offer.write_channel_bindings(w);
  }
  const StreamStage stage = facts_.identity.empty() ? StreamStage::before_login : StreamStage::logged_in;
  if (!must_encrypt) {
    for (const auto& hook : shard_.features().hooks().stream_features)
      hook.call(host, stage, facts_.encrypted, xml);
  }
  xml += "</stream:features>";
  send(xml);
}

void C2sConnection::negotiate(const xml::Frame& frame) {
  if (frame.ns == ns::kTls && frame.name == "starttls" && may_start_tls()) {
    send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    start_tls();
  } else if (frame.ns == ns::kSasl && facts_.identity.empty()) {
    std::string name(frame.name);
    std::string mechanism = xml::attribute_of(frame, "mechanism");
    // No tree for a password: the element's text alone, references replaced, in memory that is wiped.
    const auto content = frame.bytes.substr(frame.start_tag_end, frame.content_end - frame.start_tag_end);
    Secret text(xml::unescape(content).value_or("<"));
    read_on_after(on_sasl(std::move(name), std::move(mechanism), std::move(text)));
  } else if (frame.ns == ns::kClient && frame.name == "iq") {
    auto iq = build_stanza(frame, facts_.identity, facts_.lang);
    if (!iq) return reject(frame, iq.error());
    read_on_after(on_iq_before_session(std::move(*iq)));
  } else if (frame.ns == sm::kNs) {
    std::string name(frame.name);
    std::string previous_id = xml::attribute_of(frame, "previd");
    std::string handled = xml::attribute_of(frame, "h");
    read_on_after(before_session(std::move(name), std::move(previous_id), std::move(handled)));
  } else if (frame.ns == ns::kClient || frame.ns == ns::kSasl || frame.ns == ns::kTls) {
    close({StreamCondition::not_authorized, "the stream has not been negotiated that far"});
  } else {
    close({StreamCondition::unsupported_stanza_type, "unexpected element while the stream is negotiated"});
  }
}

void C2sConnection::start_tls() { begin_tls(std::make_unique<TlsEngine>(shard_.tls(), facts_.host, kAlpn)); }

// SASL

Task<void> C2sConnection::on_sasl(std::string name, std::string mechanism, Secret text) {
  if (name == "auth") {
    if (login_ || awaited_first_) {
      on_login_failed({sasl::FailureCondition::malformed_request, "an authentication is under way"});
    } else {
      co_await on_auth(std::move(mechanism), std::move(text));
    }
  } else if (name == "response") {
    auto message = sasl::decode_response(text.reveal());
    if (!message) {
      on_login_failed(message.error());
    } else if (awaited_first_) {
      const sasl::Mechanism chosen = *std::exchange(awaited_first_, std::nullopt);
      co_await on_first_message(chosen, *std::move(message));
    } else if (login_) {
      on_step(login_->answer(message->reveal()));
    } else {
      on_login_failed({sasl::FailureCondition::malformed_request, "there was no challenge"});
    }
  } else if (name == "abort") {
    on_login_failed({sasl::FailureCondition::aborted, ""});
  } else {
    close({StreamCondition::unsupported_stanza_type, "unknown SASL element"});
  }
}

Task<void> C2sConnection::on_auth(std::string mechanism, Secret text) {
  if (facts_.offer.mechanisms().empty() && !facts_.encrypted) {
    co_return on_login_failed({sasl::FailureCondition::encryption_required, "use STARTTLS first"});
  }
  const auto chosen = facts_.offer.select(mechanism);
  if (!chosen) co_return on_login_failed(chosen.error());
  auto initial = sasl::decode_initial_response(text.reveal());
  if (!initial) co_return on_login_failed(initial.error());
  if (!initial->has_value()) {
    awaited_first_ = *chosen;
    co_return send(sasl::challenge_xml(""));
  }
  co_await on_first_message(*chosen, **std::move(initial));
}

Task<void> C2sConnection::on_first_message(sasl::Mechanism mechanism, Secret message) {
  auto claim = read_claim(shard_, facts_, transport(), mechanism, message.reveal());
  if (!claim) co_return on_login_failed(claim.error());
  facts_.anonymous = mechanism == sasl::Mechanism::anonymous;
  const ShardId owner = shard_.services().map.owner(claim->account.full()).shard;
  if (owner != shard_.id()) co_return move_to(owner, std::move(*claim));
  co_await begin_login(std::move(*claim));
}

// The connection goes to its account's shard before anything about the account is asked, so that credentials,
// counters of failed tries and the session are all one thread's (RULES 2).
void C2sConnection::move_to(ShardId target, LoginClaim claim) {
  flush();
  if (!is_open()) return;
  move({.stream = release(), .facts = std::move(facts_), .claim = std::move(claim)},
       *shard_.services().shards[target]);
}

Task<void> C2sConnection::begin_login(LoginClaim claim) {
  login_ = std::make_unique<Login>(shard_, std::move(claim));
  sasl::Step step = co_await login_->begin(&transport());
  if (is_open()) on_step(std::move(step));
}

void C2sConnection::on_step(sasl::Step step) {
  if (const auto* challenge = std::get_if<sasl::Challenge>(&step)) {
    send(sasl::challenge_xml(challenge->data));
  } else if (const auto* success = std::get_if<sasl::Success>(&step)) {
    on_logged_in(*success);
  } else {
    on_login_failed(std::get<sasl::Failure>(step));
  }
}

void C2sConnection::on_login_failed(const sasl::Failure& failure) {
  if (failure.condition == sasl::FailureCondition::not_authorized && login_) {
    ++shard_.counters().failed_logins;
    shard_.services().addresses.add_failure(peer_address(), shard_.reactor().now());
    shard_.login_guard().add_failure(login_->account().full(), shard_.reactor().now());
  }
  shard_.log().info("c2s.login_failed", {{"account", login_ ? login_->account().view() : JidView{}},
                                         {"address", address()},
                                         {"condition", to_string(failure.condition)}});
  // Clients that cannot do an offered channel binding learn it by trying, mechanism after mechanism (slixmpp
  // on TLS 1.3): what guesses no password gets a bound of its own.
  ++(login_ ? facts_.failed_tries : facts_.failed_negotiations);
  login_.reset();
  awaited_first_.reset();
  send(sasl::failure_xml(failure));
  if (facts_.failed_tries >= shard_.config().limits.sasl_attempts ||
      facts_.failed_negotiations >= kFailedNegotiations) {
    close({StreamCondition::policy_violation, "too many failed attempts to log in"});
  }
}

void C2sConnection::on_logged_in(const sasl::Success& success) {
  send(sasl::success_xml(success.data));
  facts_.identity = success.identity;
  shard_.login_guard().succeeded(facts_.identity.full());
  if (facts_.anonymous) shard_.accounts().add_transient(facts_.identity);
  logged_in();
  ++shard_.counters().logins;
  shard_.log().info("c2s.login", {{"account", facts_.identity}, {"address", address()}});
  login_.reset();
  restart();
  set_limits(shard_.config().limits.c2s_xml);
}

// Binding

Task<void> C2sConnection::on_iq_before_session(Stanza iq) {
  const bool one_child = iq.is_request() && !iq.id().empty();
  if (!facts_.identity.empty() && one_child && iq.type() == StanzaType::set && has_bind(iq)) {
    co_return co_await bind(std::move(iq));
  }
  if (facts_.identity.empty() && one_child && !facts_.offer.mechanisms().empty()) {
    const HostConfig* host = shard_.config().host(facts_.host);
    for (const auto& hook : shard_.features().hooks().before_login) {
      auto answer = co_await hook.call(host, address(), iq);
      if (!answer) continue;
      co_return send(answer->wire());
    }
  }
  close(
      {StreamCondition::not_authorized, facts_.identity.empty() ? "log in first" : "bind a resource first"});
}

bool C2sConnection::has_bind(const Stanza& iq) const {
  const DocumentLease tree(shard_, iq.wire());
  return static_cast<bool>(tree.root().child("bind", ns::kBind));
}

Task<void> C2sConnection::bind(Stanza iq) {
  std::string wanted = resource_of(iq, shard_);
  if (wanted.empty()) wanted = shard_.new_id();
  auto full = facts_.identity.with_resource(wanted);
  if (!full) co_return reply(make_error(iq, StanzaCondition::bad_request, to_string(full.error())));

  const AccountLookup found = co_await shard_.load_account(facts_.identity);
  if (!is_open()) co_return;
  Account* account = shard_.accounts().loaded(facts_.identity.full());
  if (account == nullptr || account->record().disabled) {
    if (found == AccountLookup::failed)
      co_return reply(make_error(iq, StanzaCondition::internal_server_error));
    co_return close({StreamCondition::not_authorized, "the account is gone"});
  }
  if (Session* old = account->session(full->resource())) {
    if (shard_.config().c2s.resource_conflict == ResourceConflict::reject) {
      co_return reply(make_error(iq, StanzaCondition::conflict, "the resource is in use"));
    }
    old->link().close({StreamCondition::conflict, "replaced by a new session of the same resource"});
  }
  shard_.make_room(*account);
  if (account->sessions().size() >= shard_.config().c2s.max_resources) {
    co_return reply(
        make_error(iq, StanzaCondition::resource_constraint, "the account has too many sessions"));
  }
  std::string payload;
  xml::Writer(payload).open("bind", ns::kBind).leaf("jid", full->full()).close();
  send(make_result(iq, payload).wire());
  session_ = &shard_.bind(*account, std::move(*full), *this);
  watch_for_silence();
}

}  // namespace vestnik
