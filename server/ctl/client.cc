#include "server/ctl/client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "server/admin/control_socket.h"

namespace vestnik::ctl {

namespace {

/// The process at the other end of a Unix socket.
int peer_process(int descriptor) {
  ::ucred peer{};
  ::socklen_t size = sizeof peer;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return -1;
  return static_cast<int>(::syscall(SYS_pidfd_open, peer.pid, 0));
}

}  // namespace

Client::Client(const std::filesystem::path& socket)
    : descriptor_(admin::connect_control_socket(socket)), process_(peer_process(descriptor_)) {}

Client::~Client() {
  ::close(descriptor_);
  if (process_ >= 0) ::close(process_);
}

admin::Reply Client::ask(const admin::Request& request) {
  const std::string line = encode(request);
  for (std::size_t sent = 0; sent < line.size();) {
    const ::ssize_t size = ::send(descriptor_, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (size < 0) throw std::system_error(errno, std::generic_category());
    sent += static_cast<std::size_t>(size);
  }
  std::size_t end = 0;
  while ((end = buffer_.find('\n')) == std::string::npos) {
    if (!receive()) throw std::system_error(ECONNRESET, std::generic_category());
  }
  admin::Reply reply = admin::decode_reply(std::string_view(buffer_).substr(0, end));
  buffer_.erase(0, end + 1);
  return reply;
}

void Client::wait_until_ended() {
  while (receive()) buffer_.clear();
  ::pollfd process{.fd = process_, .events = POLLIN, .revents = 0};
  if (process_ >= 0) ::poll(&process, 1, -1);
}

bool Client::receive() {
  std::array<char, 16'384> chunk;
  const ::ssize_t size = ::recv(descriptor_, chunk.data(), chunk.size(), 0);
  if (size <= 0) return false;
  buffer_.append(chunk.data(), static_cast<std::size_t>(size));
  return true;
}

}  // namespace vestnik::ctl
