#include "shard/c2s/connection.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "proto/stream/header.h"
#include "proto/xml/ns.h"

namespace vestnik {
namespace {

// What one connection may read before others get their turn.
constexpr std::size_t kBytesPerTurn = 256 * 1024;
// How long a closing connection waits for the peer's side to close, and how often congestion is looked at
// again.
constexpr std::chrono::milliseconds kLinger{3'000};
constexpr std::chrono::milliseconds kRecheck{100};
constexpr std::chrono::milliseconds kBurst{1'000};
// A client that has been silent for this long is idle and holds no buffer; looked at once after binding.
constexpr std::chrono::milliseconds kQuiet{10'000};
constexpr std::chrono::milliseconds kFirstLook{15'000};  // after binding, whether the client has gone quiet

}  // namespace

C2sConnection::C2sConnection(Shard& shard, Transport::Socket socket, bool direct_tls, AddressSlot slot)
    : shard_(shard),
      transport_(shard.buffers(), std::move(socket)),
      framer_(shard.config().limits.preauth_xml),
      slot_(std::move(slot)),
      last_read_(shard.reactor().now()),
      resumed_(shard.reactor()),
      deadline_([this] { on_deadline(); }),
      stall_([this] { resumed_.set(); }) {
  facts_.direct_tls = direct_tls;
  facts_.address = transport_.peer_address().to_string();
}

C2sConnection::C2sConnection(Shard& shard, MovedConnection moved)
    : shard_(shard),
      transport_(shard.reactor(), shard.buffers(), std::move(moved.transport)),
      framer_(std::move(moved.framer)),
      facts_(std::move(moved.facts)),
      slot_(std::move(moved.slot)),
      carry_(std::move(moved.unframed)),
      arriving_(std::make_unique<LoginClaim>(std::move(moved.claim))),
      header_seen_(true),
      last_read_(shard.reactor().now()),
      resumed_(shard.reactor()),
      deadline_([this] { on_deadline(); }),
      stall_([this] { resumed_.set(); }) {
  input_ = carry_;
}

C2sConnection::~C2sConnection() { shard_.links().erase(this); }

void C2sConnection::start(const std::shared_ptr<C2sConnection>& connection) {
  C2sConnection& self = *connection;
  self.shard_.links().insert(connection.get());
  self.shard_.reactor().set(self.deadline_, self.shard_.config().c2s.negotiation_timeout);
  // The completion handler's copy of `connection` keeps the object alive for as long as its coroutine runs.
  auto keep = [](std::shared_ptr<C2sConnection> held) -> Task<void> { co_await held->run(); };
  self.shard_.tasks().spawn("c2s", keep(connection));
}

Task<void> C2sConnection::run() {
  const bool secure = !facts_.direct_tls || transport_.tls() != nullptr || co_await shake_hands();
  if (secure) co_await run_stream();
  if (phase_ == Phase::moved) co_return;
  if (is_open()) die();  // the peer is gone without a word
  if (phase_ == Phase::closing) co_await linger();
  die();
}

// Hop 1. Everything that may suspend in here is between stanzas.
Task<void> C2sConnection::run_stream() {
  if (arriving_) {
    const std::unique_ptr<LoginClaim> claim = std::move(arriving_);
    co_await begin_login(std::move(*claim));
  }
  while (is_open()) {
    if (should_wait()) co_await breathe();
    if (input_.empty() && !co_await next_input()) co_return;
    if (!is_open()) co_return;
    switch (framer_.next(input_)) {
      case xml::Framer::Event::need_more: break;
      case xml::Framer::Event::stream_open: on_stream_open(); break;
      case xml::Framer::Event::element:
        if (phase_ == Phase::bound) {
          on_element(framer_.frame());
        } else {
          co_await negotiate();
        }
        break;
      case xml::Framer::Event::stream_close:
        peer_closed_ = true;
        finish(kStreamClose);
        break;
      case xml::Framer::Event::error: close(framer_.error()); break;
    }
  }
}

// False: the peer closed or broke the connection, or ours was closed.
Task<bool> C2sConnection::next_input() {
  if (!carry_.empty()) carry_ = {};
  while (is_open()) {
    const Transport::ReadResult got = transport_.read();
    if (got.status == IoStatus::ok) {
      input_ = got.bytes;
      turn_bytes_ += got.bytes.size();
      last_read_ = shard_.reactor().now();
      count_for_rate(got.bytes.size());
      keepalive_asked_ = false;
      co_return true;
    }
    if (got.status != IoStatus::would_block) co_return false;
    turn_bytes_ = 0;
    co_await transport_.readable();
  }
  co_return false;
}

// limits.c2s_bytes_per_second, with a burst of a second.
void C2sConnection::count_for_rate(std::size_t bytes) {
  const std::uint64_t rate = shard_.config().limits.c2s_bytes_per_second;
  if (rate == 0) return;
  paid_until_ = std::max(paid_until_, last_read_) + std::chrono::milliseconds(bytes * 1000 / rate);
}

// How long reading has to rest to stay within the rate.
std::chrono::milliseconds C2sConnection::owed_pause() const {
  const auto ahead =
      std::chrono::duration_cast<std::chrono::milliseconds>(paid_until_ - shard_.reactor().now());
  return std::max(ahead - kBurst, std::chrono::milliseconds{0});
}

bool C2sConnection::should_wait() const {
  return owed_pause() > std::chrono::milliseconds{0} || pauses_ > 0 || turn_bytes_ > kBytesPerTurn ||
         shard_.congested();
}

// Back-pressure (RULES 4) and fairness: leaves the thread to others until reading may go on.
Task<void> C2sConnection::breathe() {
  carry_over();
  turn_bytes_ = 0;
  co_await boost::asio::post(shard_.reactor().executor(), kAwait);
  while (is_open() && should_wait()) {
    const auto rest = owed_pause();
    if (rest.count() > 0 || shard_.congested()) shard_.reactor().set(stall_, std::max(rest, kRecheck));
    co_await resumed_.wait();
  }
}

// The thread's buffers belong to the next connection as soon as this one suspends.
void C2sConnection::carry_over() {
  if (!input_.empty() && input_.data() + input_.size() != carry_.data() + carry_.size()) {
    carry_ = std::string(input_);
    input_ = carry_;
  }
  transport_.park_input();
}

void C2sConnection::resume_input() {
  if (--pauses_ == 0) resumed_.set();
}

// Hop 8

void C2sConnection::send(std::string_view xml) {
  // Over the mark the session ends at the flush and not here, where callers go through an account's sessions.
  if (!is_open() || over_mark()) return;
  if (outbox_.empty()) outbox_ = shard_.buffers().take_string();
  outbox_.append(xml);
  if (!std::exchange(dirty_, true)) shard_.flush_later(shared_from_this());
}

bool C2sConnection::over_mark() const { return queued_bytes() > shard_.config().limits.outbox_hard; }

void C2sConnection::flush() {
  dirty_ = false;
  if (phase_ == Phase::dead || phase_ == Phase::moved || outbox_.empty()) return;
  if (over_mark()) {
    shard_.log().warn("c2s.outbox_full",
                      {{"jid", facts_.identity}, {"address", facts_.address}, {"bytes", queued_bytes()}});
    return die();
  }
  if (transport_.unsent_bytes() != 0) return;  // the writer takes the outbox up when the socket takes more
  if (!transport_.write(outbox_)) return die();
  shard_.buffers().give_string(std::move(outbox_));
  outbox_.clear();
  if (transport_.unsent_bytes() == 0) tell_written(true);
  if (transport_.unsent_bytes() != 0 && !std::exchange(writer_running_, true)) {
    auto keep = [](std::shared_ptr<C2sConnection> held) -> Task<void> {
      co_await held->write_when_possible();
    };
    shard_.tasks().spawn("c2s.write", keep(shared_from_this()));
  }
}

void C2sConnection::when_written(std::move_only_function<void(bool)> function) {
  if (phase_ == Phase::dead || phase_ == Phase::moved) return function(false);
  if (queued_bytes() == 0) return function(true);
  awaiting_write_.push_back(std::move(function));
}

void C2sConnection::tell_written(bool written) {
  for (auto& function : std::exchange(awaiting_write_, {})) function(written);
}

// Runs only while the peer takes bytes more slowly than they come.
Task<void> C2sConnection::write_when_possible() {
  Timer patience([this] { die(); });
  while (transport_.is_open() && transport_.unsent_bytes() != 0) {
    shard_.reactor().set(patience, shard_.config().limits.outbox_stall);
    const std::size_t before = transport_.unsent_bytes();
    co_await transport_.writable();
    if (!transport_.is_open()) break;
    if (!transport_.write_unsent()) {
      die();
      break;
    }
    if (transport_.unsent_bytes() < before) patience.cancel();
    if (transport_.unsent_bytes() == 0 && !outbox_.empty()) {
      const std::string waiting = std::exchange(outbox_, {});
      if (!transport_.write(waiting)) die();
    }
  }
  writer_running_ = false;
  if (transport_.is_open()) tell_written(true);
  if (phase_ == Phase::closing) transport_.close_writing();
}

// Ending

void C2sConnection::close(const StreamError& error) {
  if (!is_open()) return;
  shard_.log().info("c2s.closed",
                    {{"jid", session_ != nullptr ? session_->jid().view() : facts_.identity.view()},
                     {"address", facts_.address},
                     {"error", to_string(error.condition)},
                     {"text", error.text}});
  std::string last;
  if (!header_seen_) {
    // RFC 6120 §4.9.1.1: an error needs a stream to stand in.
    last = write_stream_header(
        {.content_ns = ns::kClient, .from = facts_.host, .to = {}, .id = shard_.new_id()});
    header_seen_ = true;
  }
  last += error.to_xml();
  last += kStreamClose;
  finish(last);
}

void C2sConnection::finish(std::string_view last_bytes) {
  end_session("");
  send(last_bytes);
  if (phase_ == Phase::dead) return;
  phase_ = Phase::closing;
  resumed_.set();
  transport_.stop_waiting();
}

void C2sConnection::end_session(std::string_view status) {
  if (session_ == nullptr) return;
  shard_.end_session(*std::exchange(session_, nullptr), status);
}

// Without a word from the client: it may come back.
void C2sConnection::lose_session() {
  if (session_ != nullptr) shard_.lose_link(*std::exchange(session_, nullptr));
}

void C2sConnection::replaced(const StreamError& error) {
  session_ = nullptr;
  close(error);
}

// Gives the peer time to read our last bytes: closing with unread input in the socket would reset the
// connection.
Task<void> C2sConnection::linger() {
  shard_.reactor().set(deadline_, kLinger);
  flush();
  if (!writer_running_) transport_.close_writing();
  if (peer_closed_ && !writer_running_) co_return;
  for (;;) {
    const Transport::ReadResult got = transport_.read_raw();
    if (got.status == IoStatus::would_block) {
      co_await transport_.readable();
    } else if (got.status != IoStatus::ok) {
      co_return;
    }
    if (phase_ == Phase::dead) co_return;
  }
}

// The connection is over at once: broken, stalled, or done.
void C2sConnection::die() {
  if (phase_ == Phase::dead) return;
  const bool was_open = is_open();
  phase_ = Phase::dead;
  if (was_open) lose_session();
  outbox_ = {};
  tell_written(false);
  slot_.release();  // before the peer can see that the connection is closed, and come again
  deadline_.cancel();
  stall_.cancel();
  transport_.close();
  resumed_.set();
}

void C2sConnection::on_deadline() {
  switch (phase_) {
    case Phase::negotiating:
      return close({StreamCondition::connection_timeout, "the stream was not set up in time"});
    case Phase::bound: return on_session_deadline();
    default: return die();
  }
}

void C2sConnection::watch_for_silence() {
  shard_.reactor().set(deadline_, std::min(kFirstLook, shard_.config().c2s.idle_timeout));
}

// A silent client is asked for a sign of life; one that gives none is gone.
void C2sConnection::on_session_deadline() {
  const auto& c2s = shard_.config().c2s;
  const auto silent =
      std::chrono::duration_cast<std::chrono::milliseconds>(shard_.reactor().now() - last_read_);
  if (keepalive_asked_) {
    lose_session();
    return close({StreamCondition::connection_timeout, "no sign of life from the client"});
  }
  if (silent >= kQuiet && input_.empty()) framer_.trim();
  if (silent < c2s.idle_timeout) return shard_.reactor().set(deadline_, c2s.idle_timeout - silent);
  ask_for_sign_of_life();
  expect_sign_of_life();
}

void C2sConnection::expect_sign_of_life() {
  if (phase_ != Phase::bound || std::exchange(keepalive_asked_, true)) return;
  shard_.reactor().set(deadline_, shard_.config().c2s.keepalive_timeout);
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

void C2sConnection::host_may_be_gone() {
  if (facts_.host.empty() || shard_.is_local(facts_.host)) return;
  close({StreamCondition::host_gone, "this host is no longer served here"});
}

LinkInfo C2sConnection::info() const {
  LinkInfo info{.address = facts_.address, .transport = "tcp", .tls = ""};
  if (const TlsEngine* tls = transport_.tls()) {
    info.transport = facts_.direct_tls ? "tcp+tls" : "tcp+starttls";
    info.tls = fmt::format("{} {}", tls->version(), tls->cipher());
  }
  return info;
}

}  // namespace vestnik
