#include "core/io/transport.h"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <cerrno>
#include <utility>

namespace vestnik {

MovedTransport::MovedTransport(MovedTransport&& other) noexcept
    : fd(std::exchange(other.fd, -1)),
      protocol(other.protocol),
      peer(std::move(other.peer)),
      tls(std::move(other.tls)),
      received(std::move(other.received)),
      unsent(std::move(other.unsent)) {}

MovedTransport::~MovedTransport() {
  if (fd >= 0) ::close(fd);
}

Transport::Transport(IoBuffers& buffers, Socket socket) : buffers_(buffers), socket_(std::move(socket)) {
  boost::system::error_code error;
  socket_.non_blocking(true, error);
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), error);
  peer_ = socket_.remote_endpoint(error).address();
}

Transport::Transport(Reactor& reactor, IoBuffers& buffers, MovedTransport moved)
    : buffers_(buffers),
      socket_(reactor.executor()),
      peer_(std::move(moved.peer)),
      tls_(std::move(moved.tls)),
      parked_(std::move(moved.received)),
      unsent_(std::move(moved.unsent)) {
  boost::system::error_code error;
  socket_.assign(moved.protocol, std::exchange(moved.fd, -1), error);
}

Transport::~Transport() { close(); }

// Raw bytes: carried-over ones first, then one recv() into the thread's buffer.
Transport::ReadResult Transport::receive() {
  if (!parked_.empty()) {
    in_use_ = std::exchange(parked_, {});
    return {IoStatus::ok, in_use_};
  }
  if (!in_use_.empty()) in_use_ = {};
  if (!socket_.is_open()) return {IoStatus::failed, {}};
  if (drained_) return {IoStatus::would_block, {}};
  const auto got = ::recv(socket_.native_handle(), buffers_.received.data(), buffers_.received.size(), 0);
  if (got > 0) {
    const auto size = static_cast<std::size_t>(got);
    drained_ = size < buffers_.received.size();
    return {IoStatus::ok, std::span(buffers_.received).first(size)};
  }
  if (got == 0) return {IoStatus::eof, {}};
  const bool again = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return {again ? IoStatus::would_block : IoStatus::failed, {}};
}

Transport::ReadResult Transport::read() {
  if (!tls_) return receive();
  for (;;) {
    if (tls_->has_something_to_read()) {
      const ReadResult plain = decrypt();
      if (plain.status != IoStatus::would_block) return plain;
    }
    const ReadResult raw = receive();
    if (raw.status != IoStatus::ok) return raw;
    tls_->feed(raw.text());
  }
}

Transport::ReadResult Transport::decrypt() {
  buffers_.to_send.clear();
  tls_->set_output(&buffers_.to_send);
  std::size_t size = 0;
  const IoStatus status = tls_->read(buffers_.plaintext, size);
  // Reading may answer (key update, alert).
  if (!buffers_.to_send.empty() && !send(buffers_.to_send)) return {IoStatus::failed, {}};
  return {status, std::span(buffers_.plaintext).first(status == IoStatus::ok ? size : 0)};
}

void Transport::park_input() {
  if (!tls_ || !tls_->has_input()) return;
  std::string rest(tls_->take_input());
  rest.append(parked_);
  parked_ = std::move(rest);
}

void Transport::start_tls(std::unique_ptr<TlsEngine> tls) {
  parked_.clear();
  tls_ = std::move(tls);
}

IoStatus Transport::handshake() {
  for (;;) {
    buffers_.to_send.clear();
    tls_->set_output(&buffers_.to_send);
    const IoStatus status = tls_->handshake();
    if (!buffers_.to_send.empty() && !send(buffers_.to_send)) return IoStatus::failed;
    if (status != IoStatus::would_block) return status;
    const ReadResult raw = receive();
    if (raw.status != IoStatus::ok) return raw.status;
    tls_->feed(raw.text());
  }
}

bool Transport::write(std::string_view plaintext) {
  if (!socket_.is_open()) return false;
  if (!tls_) return send(plaintext);
  buffers_.to_send.clear();
  tls_->set_output(&buffers_.to_send);
  return tls_->write(plaintext) && send(buffers_.to_send);
}

bool Transport::write_unsent() {
  const std::string waiting = std::exchange(unsent_, {});
  return send(waiting);
}

bool Transport::send(std::string_view bytes) {
  if (!socket_.is_open()) return false;
  if (!unsent_.empty()) {
    unsent_.append(bytes);
    return true;
  }
  while (!bytes.empty()) {
    const auto sent = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
      unsent_.assign(bytes);
      return true;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

MovedTransport Transport::release() {
  park_input();
  MovedTransport moved;
  boost::system::error_code error;
  moved.protocol = peer_.is_v4() ? boost::asio::ip::tcp::v4() : boost::asio::ip::tcp::v6();
  moved.fd = socket_.release(error);
  moved.peer = std::move(peer_);
  moved.tls = std::move(tls_);
  if (moved.tls) moved.tls->set_output(nullptr);
  moved.received = std::move(parked_);
  moved.unsent = std::move(unsent_);
  return moved;
}

void Transport::stop_waiting() {
  boost::system::error_code error;
  socket_.cancel(error);
}

void Transport::close_writing() {
  if (!socket_.is_open()) return;
  if (tls_) {
    buffers_.to_send.clear();
    tls_->set_output(&buffers_.to_send);
    tls_->shutdown();
    send(buffers_.to_send);
  }
  boost::system::error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
}

void Transport::close() {
  boost::system::error_code error;
  if (socket_.is_open()) socket_.close(error);
}

}  // namespace vestnik
