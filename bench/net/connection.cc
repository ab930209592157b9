#include "bench/net/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace vestnik::bench {
namespace {

constexpr std::size_t kKeptCapacity = 4'096;
// Edge-triggered: a level-triggered descriptor is polled once more after each event.
constexpr std::uint32_t kInput = EPOLLIN | EPOLLRDHUP | EPOLLET;
constexpr std::uint32_t kEnded = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

void set_option(int socket, int level, int option) {
  constexpr int kOn = 1;
  ::setsockopt(socket, level, option, &kOn, sizeof kOn);
}

/// Empties a buffer; gives its memory back if it had grown.
void empty(std::string& buffer) {
  if (buffer.capacity() > kKeptCapacity) {
    buffer = {};
  } else {
    buffer.clear();
  }
}

}  // namespace

void Connection::connect(const Address& target, const Address* source) {
  phase_ = Phase::connecting;
  output_watched_ = false;
  tls_.reset();
  written_ = {};
  unsent_ = {};
  socket_ = UniqueFd(::socket(target.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto fail_later = [this](const char* what) {
    loop_->defer(
        [this, reason = std::string(what) + ": " + std::generic_category().message(errno)] { fail(reason); });
  };
  if (!socket_) return fail_later("socket");
  set_option(socket_.get(), IPPROTO_TCP, TCP_NODELAY);
  if (source != nullptr) {
    // The port is then chosen at connect, among those free for this target, not among those free for all.
    set_option(socket_.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
    if (::bind(socket_.get(), source->raw(), source->size) != 0) return fail_later("bind");
  }
  if (::connect(socket_.get(), target.raw(), target.size) != 0 && errno != EINPROGRESS)
    return fail_later("TCP");
  loop_->add(socket_.get(), EPOLLOUT, *this);
}

void Connection::adopt(UniqueFd socket) {
  socket_ = std::move(socket);
  phase_ = Phase::open;
  set_option(socket_.get(), IPPROTO_TCP, TCP_NODELAY);
  loop_->add(socket_.get(), kInput, *this);
}

void Connection::start_tls(SSL_CTX& context, TlsEngine::Role role, const std::string& server_name) {
  flush();
  tls_ = std::make_unique<TlsEngine>(context, role, server_name);
  phase_ = Phase::handshaking;
  if (role == TlsEngine::Role::client) continue_handshake();
}

void Connection::detach() { loop_->remove(socket_.get(), *this); }

void Connection::attach(EventLoop& loop) {
  loop_ = &loop;
  loop_->add(socket_.get(), kInput, *this);
}

void Connection::write(std::string_view bytes) {
  if (!is_open()) return;
  written_.append(bytes);
  if (flush_queued_) return;
  flush_queued_ = true;
  loop_->flush_soon(*this);
}

void Connection::flush() {
  flush_queued_ = false;
  if (!is_open() || written_.empty()) return;
  if (tls_ == nullptr) {
    send(written_);
  } else if (const auto done = tls_->write(written_, loop_->scratch().ciphertext); done) {
    send_ciphertext();
  } else {
    fail(done.error());
  }
  empty(written_);
}

void Connection::close() {
  if (!is_open()) return;
  if (phase_ == Phase::open) {
    flush();
    if (is_open() && tls_ != nullptr) {
      tls_->shut_down(loop_->scratch().ciphertext);
      send_ciphertext();
    }
  }
  if (is_open()) loop_->remove(socket_.get(), *this);
  socket_.reset();
  tls_.reset();
  unsent_ = {};
  written_ = {};
}

void Connection::fail(std::string_view reason) {
  if (is_open()) loop_->remove(socket_.get(), *this);
  socket_.reset();
  owner_.on_closed(reason);
}

void Connection::on_events(std::uint32_t events) {
  if (phase_ == Phase::connecting) return finish_connecting();
  if ((events & EPOLLOUT) != 0 && !unsent_.empty()) send({});
  // A read that does not fill the buffer has emptied the socket; what comes later is another edge. The end of
  // the stream may have come with this one, though.
  const bool ended = (events & kEnded) != 0;
  bool more = ended || (events & EPOLLIN) != 0;
  while (more && is_open()) more = receive(ended);
}

void Connection::finish_connecting() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail(std::generic_category().message(error));
  phase_ = Phase::open;
  loop_->modify(socket_.get(), kInput, *this);
  owner_.on_connected();
}

bool Connection::receive(bool ended) {
  auto& buffer = loop_->scratch().received;
  const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (got > 0) {
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    if (tls_ == nullptr) {
      owner_.on_bytes(bytes);
    } else {
      receive_tls(bytes);
    }
    return ended || bytes.size() == buffer.size();
  }
  if (got == 0) {
    fail("the peer closed the connection");
  } else if (errno != EAGAIN && errno != EINTR) {
    fail(std::generic_category().message(errno));
  }
  return false;
}

void Connection::receive_tls(std::string_view ciphertext) {
  auto& scratch = loop_->scratch();
  tls_->feed(ciphertext);
  if (phase_ == Phase::handshaking && !continue_handshake()) return;
  std::size_t filled = 0;
  bool more = true;
  while (more && tls_ != nullptr) {
    const auto got =
        tls_->read(scratch.plain.data() + filled, scratch.plain.size() - filled, scratch.ciphertext);
    if (!got) return fail(got.error());
    filled += *got;
    more = *got != 0;
    if (filled == 0 || (more && filled < scratch.plain.size())) continue;
    const std::string_view plain(scratch.plain.data(), std::exchange(filled, 0));
    owner_.on_bytes(plain);
  }
  if (is_open() && !scratch.ciphertext.empty()) send_ciphertext();
  if (is_open() && tls_ != nullptr && tls_->closed()) fail("the peer closed the TLS session");
}

bool Connection::continue_handshake() {
  const auto done = tls_->handshake(loop_->scratch().ciphertext);
  send_ciphertext();
  if (!done) {
    fail(done.error());
    return false;
  }
  if (!*done) return false;
  phase_ = Phase::open;
  owner_.on_secured();
  return is_open();
}

void Connection::send_ciphertext() {
  auto& ciphertext = loop_->scratch().ciphertext;
  send(ciphertext);
  ciphertext.clear();
}

void Connection::send(std::string_view bytes) {
  if (!unsent_.empty()) {
    unsent_.append(bytes);
    bytes = unsent_;
  }
  if (bytes.empty()) return;
  const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR)
    return;  // the receiving side tells: the peer may have said why
  const auto taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  if (taken < bytes.size()) {
    unsent_ = std::string(bytes.substr(taken));
  } else if (!unsent_.empty()) {
    unsent_ = {};
  }
  watch_output(!unsent_.empty());
}

void Connection::watch_output(bool wanted) {
  if (wanted == output_watched_) return;
  output_watched_ = wanted;
  loop_->modify(socket_.get(), wanted ? kInput | EPOLLOUT : kInput, *this);
}

}  // namespace vestnik::bench
