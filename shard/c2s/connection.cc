#include "shard/c2s/connection.h"

#include <fmt/format.h>

#include <utility>

#include "proto/stream/header.h"
#include "proto/xml/ns.h"

namespace vestnik {
namespace {

// A client that has been silent for this long is idle and holds no buffer; looked at once after binding.
constexpr std::chrono::milliseconds kQuiet{10'000};
constexpr std::chrono::milliseconds kFirstLook{15'000};  // after binding, whether the client has gone quiet

}  // namespace

C2sConnection::C2sConnection(Shard& shard, Transport::Socket socket, bool direct_tls, AddressSlot slot)
    : XmlStream(shard.thread(), ns::kClient, std::move(socket), std::move(slot)), shard_(shard) {
  facts_.direct_tls = direct_tls;
  if (direct_tls) start_tls();
}

C2sConnection::C2sConnection(Shard& shard, MovedConnection moved)
    : XmlStream(shard.thread(), ns::kClient, std::move(moved.stream)),
      shard_(shard),
      facts_(std::move(moved.facts)) {
  if (moved.claim) read_on_after(begin_login(*std::move(moved.claim)));
}

C2sConnection::~C2sConnection() { shard_.links().erase(this); }

void C2sConnection::start(const std::shared_ptr<C2sConnection>& connection) {
  C2sConnection& self = *connection;
  self.shard_.links().insert(connection.get());
  self.set_rate(ByteRate::of(self.shard_.config().limits.c2s_bytes_per_second));
  self.set_deadline(self.shard_.config().c2s.negotiation_timeout);
  run("c2s", connection);
}

// A queue of functions may be dropped unrun at a stop; the descriptor closes itself then.
void C2sConnection::move(MovedConnection connection, Shard& to) {
  to.reactor().post([&to, moved = std::make_unique<MovedConnection>(std::move(connection))]() mutable {
    if (!to.stopping()) start(std::make_shared<C2sConnection>(to, std::move(*moved)));
  });
}

void C2sConnection::on_element(const xml::Frame& frame) {
  is_bound() ? on_session_element(frame) : negotiate(frame);
}

// Ending

JidView C2sConnection::identity() const {
  return is_bound() ? session_->jid().view() : facts_.identity.view();
}

void C2sConnection::send_error_header() {
  send_header({.content_ns = ns::kClient, .from = facts_.host, .to = {}, .id = shard_.new_id()});
}

void C2sConnection::on_closing(const StreamError& error) {
  shard_.log().info("c2s.closed", {{"jid", identity()},
                                   {"address", address()},
                                   {"error", to_string(error.condition)},
                                   {"text", error.text}});
}

void C2sConnection::on_ended(End how, std::string_view why) {
  shard_.log().debug("c2s.ended", {{"jid", identity()}, {"address", address()}, {"reason", why}});
  if (how == End::lost) return lose_session();
  if (is_bound()) shard_.end_session(*std::exchange(session_, nullptr), "");
}

// Without a word from the client: it may come back.
void C2sConnection::lose_session() {
  if (is_bound()) shard_.lose_link(*std::exchange(session_, nullptr));
}

void C2sConnection::replaced(const StreamError& error) {
  session_ = nullptr;
  close(error);
}

void C2sConnection::host_may_be_gone() {
  if (facts_.host.empty() || shard_.is_local(facts_.host)) return;
  close({StreamCondition::host_gone, "this host is no longer served here"});
}

// Silence

void C2sConnection::on_deadline() {
  if (is_bound()) return on_session_deadline();
  close({StreamCondition::connection_timeout, "the stream was not set up in time"});
}

void C2sConnection::watch_for_silence() {
  set_deadline(std::min(kFirstLook, shard_.config().c2s.idle_timeout));
}

// A silent client is asked for a sign of life; one that gives none is gone.
void C2sConnection::on_session_deadline() {
  const auto& c2s = shard_.config().c2s;
  const auto silent =
      std::chrono::duration_cast<std::chrono::milliseconds>(shard_.reactor().now() - last_read());
  if (was_asked()) {
    lose_session();
    return close({StreamCondition::connection_timeout, "no sign of life from the client"});
  }
  if (silent >= kQuiet) trim();
  if (silent < c2s.idle_timeout) return set_deadline(c2s.idle_timeout - silent);
  ask_for_sign_of_life();
  expect_sign_of_life();
}

void C2sConnection::expect_sign_of_life() {
  if (!is_bound() || was_asked()) return;
  asked_at_ = shard_.reactor().now();
  set_deadline(shard_.config().c2s.keepalive_timeout);
}

void C2sConnection::ask_for_sign_of_life() {
  if (session_->is_managed()) return session_->stream()->ask();
  const StanzaHead head{.kind = StanzaKind::iq,
                        .type = StanzaType::get,
                        .from = JidView::of_canonical(facts_.host),
                        .to = session_->jid(),
                        .id = "keepalive"};
  session_->send(Stanza::make(head, "<ping xmlns='urn:xmpp:ping'/>"));
}

LinkInfo C2sConnection::info() const {
  LinkInfo info{.address = address(), .transport = is_web_socket() ? "ws" : "tcp", .tls = ""};
  if (const TlsEngine* engine = tls()) {
    info.transport += facts_.direct_tls ? "+tls" : "+starttls";
    info.tls = fmt::format("{} {}", engine->version(), engine->cipher());
  }
  return info;
}

}  // namespace vestnik
