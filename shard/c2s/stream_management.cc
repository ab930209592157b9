// Stream management (XEP-0198): what enables it, counts and resumes. Resumption finds its session here
// because a connection is on its account's shard before its login ends (RULES 2).
#include <algorithm>
#include <utility>

#include "proto/xep/sm.h"
#include "proto/xml/attributes.h"
#include "shard/c2s/connection.h"

namespace vestnik {
namespace {

// RULES 3: how long `<resume/>` waits until all that came on the old connection is handled.
constexpr std::chrono::milliseconds kSettleWithin{5'000};

Session* find_stream(Account* account, std::string_view id) {
  if (account == nullptr || id.empty()) return nullptr;
  for (const auto& session : account->sessions()) {
    if (session->is_managed() && session->stream()->id() == id) return session.get();
  }
  return nullptr;
}

StreamError not_managed() {
  return {StreamCondition::policy_violation, "stream management has not been enabled"};
}

}  // namespace

// §3 and §5: before there is a session only a resumption makes sense, and only after the login.
Task<void> C2sConnection::before_session(std::string name, std::string previous_id, std::string handled) {
  if (name != "enable" && name != "resume") co_return close(not_managed());
  if (name == "enable" || facts_.identity.empty()) {
    co_return send(sm::failed(StanzaCondition::unexpected_request, "log in, then bind a resource or resume"));
  }
  const auto count = sm::parse_count(handled);
  if (!count || previous_id.empty()) {
    co_return send(sm::failed(StanzaCondition::bad_request, "a resumption has a previd and a count h"));
  }
  co_await resume(std::move(previous_id), *count);
}

Task<void> C2sConnection::resume(std::string previous_id, std::uint32_t handled) {
  Account* account = shard_.accounts().loaded(facts_.identity.full());
  Session* session = find_stream(account, previous_id);
  if (session == nullptr) {
    const auto ended = account == nullptr ? std::nullopt : account->handled_of_ended(previous_id);
    co_return send(sm::failed(StanzaCondition::item_not_found, "there is no such session any more", ended));
  }
  // From now on the session is nobody's; two who resume it at once meet here.
  session->link().replaced({StreamCondition::conflict, "the session was resumed on another connection"});
  session->fall_asleep(kSettleWithin + session->stream()->resume_timeout());

  // What the old connection brought is counted only when it is handled: a client that was told less would
  // send it again.
  auto settled = std::make_shared<Event>(shard_.reactor());
  Timer patience([settled] { settled->set(); });
  shard_.reactor().set(patience, kSettleWithin);
  session->stream()->when_handled(settled);
  co_await settled->wait();
  if (!is_open()) co_return;

  account = shard_.accounts().loaded(facts_.identity.full());
  session = find_stream(account, previous_id);
  if (session == nullptr || !session->stream()->claim(settled)) {
    co_return send(sm::failed(StanzaCondition::item_not_found, "somebody else has resumed the session"));
  }
  const HandledCount& incoming = session->stream()->incoming();
  if (incoming.handled() == incoming.received()) co_return resume_now(*session, handled);
  const std::uint32_t known = incoming.handled();
  shard_.end_session(*session, "");
  send(sm::failed(StanzaCondition::internal_server_error, "the store is slow; bind a new resource", known));
}

void C2sConnection::resume_now(Session& session, std::uint32_t handled) {
  ManagedStream& stream = *session.stream();
  if (!stream.outgoing().acknowledge(handled)) {
    session.fall_asleep(stream.resume_timeout());
    return close(sm::handled_count_too_high(handled, stream.outgoing().sent()));
  }
  session_ = &session;
  session.wake_up(*this);
  send(sm::resumed(stream.id(), stream.incoming().handled()));
  stream.resend();
  session.set_active();  // XEP-0352 §5.2
  watch_for_silence();
  ++shard_.counters().resumed;
  shard_.log().info("c2s.resumed", {{"jid", session.jid()}, {"address", address()}});
}

void C2sConnection::on_stream_management(const xml::Frame& frame) {
  if (frame.name == "enable") return enable(frame);
  if (frame.name == "resume") {
    return send(sm::failed(StanzaCondition::unexpected_request, "a resource is bound already"));
  }
  ManagedStream* stream = session_->stream();
  if (stream == nullptr) return close(not_managed());
  if (frame.name == "r") return stream->on_request();
  const auto handled = frame.name == "a" ? sm::parse_count(xml::attribute_of(frame, "h")) : std::nullopt;
  if (!handled)
    return close({StreamCondition::bad_format, "an acknowledgement is <r/>, or <a/> with a count h"});
  if (!stream->on_answer(*handled)) {
    close(sm::handled_count_too_high(*handled, stream->outgoing().sent()));
  }
}

void C2sConnection::enable(const xml::Frame& frame) {
  if (session_->is_managed()) {
    return close({StreamCondition::policy_violation, "stream management is enabled already"});
  }
  using std::chrono::milliseconds, std::chrono::seconds, std::chrono::floor;
  const C2sConfig& config = shard_.config().c2s;
  milliseconds timeout =
      sm::parse_flag(xml::attribute_of(frame, "resume")) ? config.resume_timeout : milliseconds{0};
  if (const auto wished = sm::parse_count(xml::attribute_of(frame, "max"))) {
    timeout = std::min<milliseconds>(timeout, seconds{*wished});
  }
  sm::Terms terms{.id = {},
                  .max_seconds = static_cast<std::uint32_t>(floor<seconds>(timeout).count()),
                  .location = config.resume_location};
  if (terms.max_seconds > 0) terms.id = shard_.new_id();
  session_->manage_stream(terms.id, timeout);
  send(sm::enabled(terms));
}

}  // namespace vestnik
