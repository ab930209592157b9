#include "shard/stream/xml_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proto/web/stream_framing.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"

namespace vestnik {
namespace {

// What one stream may read before others get their turn.
constexpr std::size_t kBytesPerTurn = std::size_t{256} * 1024;
// How long a closing stream waits for the peer's end, and how often congestion is looked at again.
constexpr std::chrono::milliseconds kLinger{3'000};
constexpr std::chrono::milliseconds kRecheck{100};

}  // namespace

XmlStream::XmlStream(StreamThread& thread, std::string_view content_ns, Transport::Socket socket,
                     AddressSlot slot)
    : thread_(thread),
      content_ns_(content_ns),
      transport_(thread.buffers(), std::move(socket)),
      framer_(thread.config().limits.preauth_xml),
      address_(transport_.peer_address().to_string()),
      slot_(std::move(slot)) {}

XmlStream::XmlStream(StreamThread& thread, std::string_view content_ns, MovedStream moved)
    : thread_(thread),
      content_ns_(content_ns),
      transport_(thread.reactor(), thread.buffers(), std::move(moved.transport)),
      framer_(std::move(moved.framer)),
      address_(transport_.peer_address().to_string()),
      slot_(std::move(moved.slot)),
      web_socket_(std::move(moved.web_socket)),
      carry_(std::move(moved.unframed)),
      input_(carry_),
      header_sent_(!web_socket_ || !web_socket_->header_is_due) {}

XmlStream::~XmlStream() = default;

// Hops 1 and 2

bool XmlStream::must_wait() const { return awaited_.valid() || awaited_tls_ || should_breathe(); }

Task<void> XmlStream::wait() {
  if (awaited_.valid()) {
    carry_over();
    Task<void> task = std::exchange(awaited_, Task<void>());
    co_await std::move(task);
  }
  if (awaited_tls_ && is_open()) co_await shake_hands();
  if (should_breathe() && is_open()) co_await breathe();
}

bool XmlStream::next_is_element() {
  switch (framer_.next(input_)) {
    case xml::Framer::Event::need_more: return false;
    case xml::Framer::Event::stream_open:
      on_header(read_stream_header(framer_.stream_open(), content_ns_));
      return false;
    case xml::Framer::Event::element:
      if (web_socket_ && (web_socket_->header_is_due || framer_.frame().ns == web::kFramingNs)) {
        on_framing(framer_.frame());
        return false;
      }
      if (framer_.frame().ns != ns::kStreams || framer_.frame().name != "error") return true;
      on_stream_error(framer_.frame());
      return false;
    case xml::Framer::Event::stream_close:
      peer_closed_ = true;
      finish({}, "closed by the other side");
      return false;
    case xml::Framer::Event::error: close(framer_.error()); return false;
  }
  return false;
}

// RFC 6120 §4.9.1.1: the stream is over; what went wrong is ours to log.
void XmlStream::on_stream_error(const xml::Frame& frame) {
  std::string_view condition = "undefined-condition";
  for (const auto& child : *frame.children) {
    if (child.ns == ns::kStreamErrors && child.name != "text") condition = child.name;
  }
  auto document = thread_.take_document();
  const xml::Element tree = document->parse(frame.bytes, content_ns_, &framer_.stream_namespaces());
  std::string text;
  if (const xml::Element said = tree.child("text", ns::kStreamErrors)) text = ": " + said.text();
  const std::string why = fmt::format("stream error <{}/> of the other side{}", condition, text);
  thread_.give_document(std::move(document));
  finish({}, why);
}

// False: the peer closed or broke the connection, or ours was closed.
Task<bool> XmlStream::next_input() {
  if (!carry_.empty()) carry_ = {};
  while (is_open()) {
    if (web_socket_ && web_socket_->frames.over()) {
      end_web_socket();
      co_return false;
    }
    const Transport::ReadResult got = transport_.read();
    if (got.status == IoStatus::ok) {
      input_ = web_socket_ ? read_messages(got.bytes) : got.text();
      turn_bytes_ += got.bytes.size();
      last_read_ = thread_.reactor().now();
      count_for_rate(got.bytes.size());
      co_return true;
    }
    if (got.status != IoStatus::would_block) co_return false;
    turn_bytes_ = 0;
    co_await transport_.readable();
  }
  co_return false;
}

void XmlStream::count_for_rate(std::size_t bytes) {
  if (rate_) rate_->count(bytes, last_read_);
}

std::chrono::milliseconds XmlStream::owed_pause() const {
  return rate_ ? rate_->owed(thread_.reactor().now()) : std::chrono::milliseconds{0};
}

bool XmlStream::should_breathe() const {
  return pauses_ > 0 || turn_bytes_ > kBytesPerTurn || thread_.congested() || owed_pause().count() > 0;
}

// Back-pressure (RULES 4) and fairness: leaves the thread to others until reading may go on. At the earliest
// in the next turn: what this one has read causes is written, and held against the marks, at its end.
Task<void> XmlStream::breathe() {
  carry_over();
  turn_bytes_ = 0;
  // Shared: at a stop the reactor may outlive the waiting frame.
  auto turn = std::make_shared<Event>(thread_.reactor());
  thread_.reactor().at_turn_end([turn] { turn->set(); });
  co_await turn->wait();
  while (is_open() && should_breathe()) {
    const auto rest = owed_pause();
    if (rest.count() > 0) {
      thread_.reactor().set(pause_, std::max(rest, kRecheck));
    } else if (thread_.congested()) {
      get_in_line();
    }
    co_await resumed_.wait();
  }
}

void XmlStream::get_in_line() {
  if (std::exchange(in_line_, true)) return;
  thread_.wait_in_line([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->in_line_ = false;
    self->resumed_.set();
  });
}

// The thread's buffers belong to the next connection as soon as this one suspends.
void XmlStream::carry_over() {
  if (!input_.empty() && input_.data() + input_.size() != carry_.data() + carry_.size()) {
    carry_ = std::string(input_);
    input_ = carry_;
  }
  transport_.park_input();
}

void XmlStream::read_on_after(Task<void> task) { awaited_ = std::move(task); }

Task<void> XmlStream::shake_hands() {
  flush();
  input_ = {};
  carry_ = {};
  restart();
  transport_.start_tls(std::move(awaited_tls_));
  for (;;) {
    co_await thread_.handshake_step();
    if (!is_open()) break;
    const IoStatus status = transport_.handshake();
    if (status == IoStatus::ok) co_return on_secured();
    if (status != IoStatus::would_block) break;
    co_await transport_.readable();
    if (!is_open()) break;
  }
  const std::string_view failure = transport_.tls()->failure();
  die(fmt::format("the TLS handshake failed: {}", failure.empty() ? "the connection broke" : failure));
}

void XmlStream::restart() {
  framer_.reset();
  header_sent_ = false;
  if (web_socket_) web_socket_->header_is_due = true;
}

MovedStream XmlStream::release() {
  carry_over();
  deadline_.cancel();
  pause_.cancel();
  phase_ = Phase::moved;
  MovedStream moved{.transport = transport_.release(),
                    .framer = std::move(framer_),
                    .unframed = std::string(input_),
                    .slot = std::move(slot_),
                    .web_socket = std::move(web_socket_)};
  input_ = {};
  return moved;
}

void XmlStream::send_header(const OwnHeader& header) {
  header_sent_ = true;
  send(web_socket_ ? web::write_open(header) : write_stream_header(header));
}

void XmlStream::set_deadline(std::chrono::milliseconds delay) {
  if (is_open()) thread_.reactor().set(deadline_, delay);
}

void XmlStream::trim() {
  if (input_.empty()) framer_.trim();
}

Result<Stanza, StanzaReject> XmlStream::build_stanza(const xml::Frame& frame, JidView from,
                                                     std::string_view lang) {
  if (frame.forwardable) return Stanza::from_frame(frame, from, lang);
  // Uses what is bound outside it: written anew with its own declarations (RULES 7).
  auto document = thread_.take_document();
  std::string copy;
  xml::Writer(copy).copy_unprefixed(document->parse(frame.bytes, content_ns_, &framer_.stream_namespaces()));
  thread_.give_document(std::move(document));
  return Stanza::from_xml(copy, from, lang);
}

// Hop 8

void XmlStream::send(std::string_view xml) {
  // Over the mark the stream ends at the flush and not here, where callers go through an account's sessions.
  if (!is_open() || over_mark()) return;
  if (outbox_.empty()) outbox_ = thread_.buffers().take_string();
  if (web_socket_) {
    web::append_element(outbox_, xml);
  } else {
    outbox_.append(xml);
  }
  flush_later();
}

void XmlStream::flush_later() {
  if (!std::exchange(dirty_, true)) thread_.flush_later(shared_from_this());
}

bool XmlStream::over_mark() const { return queued_bytes() > thread_.config().limits.outbox_hard; }

void XmlStream::flush() {
  dirty_ = false;
  if (phase_ == Phase::dead || phase_ == Phase::moved) return;
  if (over_mark()) {
    thread_.log().warn("stream.outbox_full", {{"address", address_}, {"bytes", queued_bytes()}});
    return die("the other side does not read");
  }
  while (transport_.unsent_bytes() == 0) {
    if (outbox_.empty()) {
      tell_written(true);
      on_drained(outbox_);
    }
    if (outbox_.empty() || phase_ == Phase::dead) return;
    if (!transport_.write(outbox_)) return die("the connection broke");
    thread_.buffers().give_string(std::move(outbox_));
    outbox_.clear();
  }
  if (std::exchange(writer_running_, true)) return;
  auto keep = [](std::shared_ptr<XmlStream> held) -> Task<void> { co_await held->write_when_possible(); };
  thread_.tasks().spawn("stream.write", keep(shared_from_this()));
}

// Runs only while the peer takes bytes more slowly than they come.
Task<void> XmlStream::write_when_possible() {
  Timer patience([this] { die("the other side does not read"); });
  while (transport_.is_open() && transport_.unsent_bytes() != 0) {
    if (!patience.armed()) thread_.reactor().set(patience, thread_.config().limits.outbox_stall);
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

void XmlStream::when_written(std::move_only_function<void(bool)> function) {
  if (phase_ == Phase::dead || phase_ == Phase::moved) return function(false);
  if (queued_bytes() == 0) return function(true);
  awaiting_write_.push_back(std::move(function));
}

void XmlStream::tell_written(bool written) {
  if (awaiting_write_.empty()) return;
  for (auto& function : std::exchange(awaiting_write_, {})) function(written);
}

// Ending

void XmlStream::close(const StreamError& error) {
  if (!is_open()) return;
  on_closing(error);
  if (!header_sent_) send_error_header();
  finish(error.to_xml(),
         fmt::format("stream error <{}/> of this server: {}", to_string(error.condition), error.text));
}

void XmlStream::finish(std::string_view last_element, std::string_view why) {
  if (!is_open()) return;
  end(End::closed, why);
  if (header_sent_ && !last_element.empty()) send(last_element);
  if (header_sent_) send(web_socket_ ? web::kClose : kStreamClose);
  if (web_socket_) web::append_close(outbox_, web::CloseCode::normal);
  if (phase_ == Phase::dead) return;
  phase_ = Phase::closing;
  resumed_.set();
  transport_.stop_waiting();
}

Task<void> XmlStream::end_of_reading() {
  if (phase_ == Phase::moved) co_return;
  if (is_open()) die("the connection broke");  // without a word
  if (phase_ == Phase::closing) co_await linger();
  die("");
}

// Gives the peer time to read our last bytes: closing with unread input in the socket would reset the
// connection.
Task<void> XmlStream::linger() {
  thread_.reactor().set(deadline_, kLinger);
  flush();
  if (phase_ == Phase::dead) co_return;
  if (!writer_running_) transport_.close_writing();
  // Who closes a WebSocket is sent a close frame, and answers it.
  if (peer_closed_ && !writer_running_ && !web_socket_) co_return;
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
void XmlStream::die(std::string_view why) {
  if (phase_ == Phase::dead || phase_ == Phase::moved) return;
  phase_ = Phase::dead;
  end(End::lost, why);
  outbox_ = {};
  tell_written(false);
  slot_.release();  // before the peer can see that the connection is closed, and come again
  deadline_.cancel();
  pause_.cancel();
  transport_.close();
  resumed_.set();
}

void XmlStream::end(End how, std::string_view why) {
  if (!std::exchange(ended_, true)) on_ended(how, why);
}

}  // namespace vestnik
