#include "shard/s2s/server_stream.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "proto/xml/ns.h"
#include "shard/s2s/s2s_shard.h"

namespace vestnik::s2s {
namespace {

// What one stream may read before others get their turn.
constexpr std::size_t kBytesPerTurn = 256 * 1024;
// How long a closing stream waits for the peer's end, and how often congestion is looked at again.
constexpr std::chrono::milliseconds kLinger{3'000};
constexpr std::chrono::milliseconds kRecheck{100};

}  // namespace

ServerStream::ServerStream(S2sShard& shard, Transport::Socket socket)
    : shard_(shard),
      transport_(shard.buffers(), std::move(socket)),
      framer_(shard.config().limits.preauth_xml),
      address_(transport_.peer_address().to_string()),
      resumed_(shard.reactor()),
      deadline_([this] { phase_ == Phase::open ? on_deadline() : die("no end of the stream"); }),
      pause_([this] { resumed_.set(); }) {}

ServerStream::~ServerStream() = default;

void ServerStream::start(std::string_view name) {
  shard_.streams().insert(this);
  auto keep = [](std::shared_ptr<ServerStream> held) -> Task<void> { co_await held->run(); };
  shard_.tasks().spawn(name, keep(shared_from_this()));
}

Task<void> ServerStream::run() {
  co_await read_stream();
  if (phase_ == Phase::open) die("the connection broke");  // without a word
  if (phase_ == Phase::closing) co_await linger();
  die("");
  shard_.streams().erase(this);
}

// Everything that may suspend in here is between elements.
Task<void> ServerStream::read_stream() {
  while (is_open()) {
    if (awaited_tls_) {
      if (!co_await shake_hands()) co_return;
      on_secured();
      continue;
    }
    if (turn_bytes_ > kBytesPerTurn || shard_.congested()) co_await breathe();
    if (!is_open()) co_return;
    if (input_.empty() && !co_await next_input()) co_return;
    if (is_open()) on_event(framer_.next(input_));
  }
}

void ServerStream::on_event(xml::Framer::Event event) {
  switch (event) {
    case xml::Framer::Event::need_more: return;
    case xml::Framer::Event::stream_open:
      return on_header(read_stream_header(framer_.stream_open(), ns::kServer));
    case xml::Framer::Event::element: {
      const xml::Frame& frame = framer_.frame();
      if (frame.ns == ns::kStreams && frame.name == "error") return on_stream_error(frame);
      return on_element(frame);
    }
    case xml::Framer::Event::stream_close:
      peer_closed_ = true;
      return finish(kStreamClose, "closed by the other server");
    case xml::Framer::Event::error: return close(framer_.error());
  }
}

// RFC 6120 §4.9.1.1: the stream is over; what went wrong is ours to log.
void ServerStream::on_stream_error(const xml::Frame& frame) {
  std::string_view condition = "undefined-condition";
  std::string text;
  for (const auto& child : *frame.children) {
    if (child.ns != ns::kStreamErrors) continue;
    if (child.name != "text") condition = child.name;
  }
  const xml::Element tree = shard_.document().parse(frame.bytes, ns::kServer, &framer_.stream_namespaces());
  if (const xml::Element said = tree.child("text", ns::kStreamErrors)) text = ": " + said.text();
  const std::string why = fmt::format("stream error <{}/> of the other server{}", condition, text);
  finish(kStreamClose, why);
}

// False: the peer closed or broke the connection, or ours was closed.
Task<bool> ServerStream::next_input() {
  if (!carry_.empty()) carry_ = {};
  while (is_open()) {
    const Transport::ReadResult got = transport_.read();
    if (got.status == IoStatus::ok) {
      input_ = got.bytes;
      turn_bytes_ += got.bytes.size();
      co_return true;
    }
    if (got.status != IoStatus::would_block) co_return false;
    turn_bytes_ = 0;
    co_await transport_.readable();
  }
  co_return false;
}

// Back-pressure (RULES 4) and fairness: leaves the thread to others until reading may go on. The thread's
// buffers belong to the next stream as soon as this one suspends.
Task<void> ServerStream::breathe() {
  if (!input_.empty() && input_.data() + input_.size() != carry_.data() + carry_.size()) {
    carry_ = std::string(input_);
    input_ = carry_;
  }
  transport_.park_input();
  turn_bytes_ = 0;
  co_await boost::asio::post(shard_.reactor().executor(), kAwait);
  while (is_open() && shard_.congested()) {
    shard_.reactor().set(pause_, kRecheck);
    co_await resumed_.wait();
  }
}

// TLS

void ServerStream::begin_tls(std::unique_ptr<TlsEngine> tls) { awaited_tls_ = std::move(tls); }

Task<bool> ServerStream::shake_hands() {
  flush();
  input_ = {};
  carry_ = {};
  restart();
  transport_.start_tls(std::move(awaited_tls_));
  for (;;) {
    const IoStatus status = transport_.handshake();
    if (status == IoStatus::ok) co_return true;
    if (status != IoStatus::would_block || !is_open()) break;
    co_await transport_.readable();
    if (!is_open()) break;
  }
  const std::string_view failure = transport_.tls()->failure();
  die(fmt::format("the TLS handshake failed: {}", failure.empty() ? "the connection broke" : failure));
  co_return false;
}

void ServerStream::restart() {
  framer_.reset();
  header_sent_ = false;
}

void ServerStream::send_header(const OwnHeader& header) {
  header_sent_ = true;
  send(write_stream_header(header));
}

void ServerStream::set_deadline(std::chrono::milliseconds delay) {
  if (is_open()) shard_.reactor().set(deadline_, delay);
}

// Writing

void ServerStream::send(std::string_view xml) {
  if (!is_open()) return;
  outbox_.append(xml);
  flush_later();
}

void ServerStream::flush_later() {
  if (!std::exchange(dirty_, true)) shard_.flush_later(shared_from_this());
}

void ServerStream::flush() {
  dirty_ = false;
  while (phase_ != Phase::dead && transport_.unsent_bytes() == 0) {
    on_drained();
    if (is_open()) refill(outbox_);
    if (outbox_.empty()) return;
    const std::string batch = std::exchange(outbox_, {});
    if (!transport_.write(batch)) return die("the connection broke");
  }
  if (phase_ == Phase::dead) return;
  if (waiting_bytes() > shard_.config().limits.outbox_hard) return die("the other server does not read");
  if (std::exchange(writer_running_, true)) return;
  auto keep = [](std::shared_ptr<ServerStream> held) -> Task<void> { co_await held->write_when_possible(); };
  shard_.tasks().spawn("s2s.write", keep(shared_from_this()));
}

// Runs only while the peer takes bytes more slowly than they come.
Task<void> ServerStream::write_when_possible() {
  Timer patience([this] { die("the other server does not read"); });
  while (transport_.is_open() && transport_.unsent_bytes() != 0) {
    if (!patience.armed()) shard_.reactor().set(patience, shard_.config().limits.outbox_stall);
    const std::size_t before = transport_.unsent_bytes();
    co_await transport_.writable();
    if (!transport_.is_open()) break;
    if (!transport_.write_unsent()) {
      die("the connection broke");
      break;
    }
    if (transport_.unsent_bytes() < before) patience.cancel();
    if (transport_.unsent_bytes() == 0) flush();
  }
  writer_running_ = false;
  if (phase_ == Phase::closing) transport_.close_writing();
}

// Ending

void ServerStream::close(const StreamError& error) {
  if (!is_open()) return;
  std::string last;
  if (!header_sent_) last = write_stream_header(error_header());  // an error needs a stream to stand in
  header_sent_ = true;
  last += error.to_xml();
  last += kStreamClose;
  finish(last, fmt::format("stream error <{}/> of this server: {}", to_string(error.condition), error.text));
}

void ServerStream::finish(std::string_view last_bytes, std::string_view why) {
  if (!is_open()) return;
  if (header_sent_) send(last_bytes);
  phase_ = Phase::closing;
  resumed_.set();
  transport_.stop_waiting();
  end(why);
}

// Gives the peer time to read our last bytes: closing with unread input in the socket would reset the
// connection.
Task<void> ServerStream::linger() {
  shard_.reactor().set(deadline_, kLinger);
  flush();
  if (phase_ == Phase::dead) co_return;
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

void ServerStream::abort(std::string_view why) { die(why); }

void ServerStream::die(std::string_view why) {
  if (phase_ == Phase::dead) return;
  phase_ = Phase::dead;
  outbox_ = {};
  deadline_.cancel();
  pause_.cancel();
  transport_.close();
  resumed_.set();
  end(why);
}

void ServerStream::end(std::string_view why) {
  if (!std::exchange(ended_, true)) on_ended(why);
}

}  // namespace vestnik::s2s
