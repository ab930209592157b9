#include "server/admin/control_socket.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace vestnik::admin {
namespace {

constexpr ::mode_t kMode = 0660;
constexpr int kBacklog = 64;

int open_socket() {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "socket");
  return descriptor;
}

/// Calls bind() or connect(); 0 or the error.
template <typename Call>
int with_address(Call call, int descriptor, const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.size() >= sizeof address.sun_path) return ENAMETOOLONG;
  std::memcpy(address.sun_path, text.data(), text.size());
  // The API of sockets wants this cast.
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  return call(descriptor, generic, socklen_t{sizeof address}) == 0 ? 0 : errno;
}

bool somebody_answers(const std::filesystem::path& path) {
  try {
    ::close(connect_control_socket(path));
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

std::filesystem::path make_private_folder() {
  std::string folder = "/tmp/vestnik-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) throw std::system_error(errno, std::generic_category(), folder);
  return folder;
}

}  // namespace

ControlSocket::ControlSocket(std::filesystem::path path) : path_(std::move(path)) {
  if (somebody_answers(path_)) {
    throw std::runtime_error(fmt::format("a server is already running: it answers at {}", path_.native()));
  }
  try {
    std::filesystem::create_directories(path_.parent_path());
    std::filesystem::remove(path_);
    std::filesystem::path socket = path_;
    if (path_.native().size() > kMaxSocketPath) {
      folder_ = make_private_folder();
      socket = folder_ / "control.sock";
    }
    listen_at(socket);
    if (!folder_.empty()) std::filesystem::create_symlink(socket, path_);
  } catch (const std::system_error& error) {
    throw std::runtime_error(
        fmt::format("cannot make the control socket {}: {}", path_.native(), error.code().message()));
  }
}

ControlSocket::~ControlSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

int ControlSocket::release_descriptor() { return std::exchange(descriptor_, -1); }

void ControlSocket::listen_at(const std::filesystem::path& socket) {
  descriptor_ = open_socket();
  const int error = with_address(::bind, descriptor_, socket);
  if (error != 0) throw std::system_error(error, std::generic_category());
  // Until here the umask has kept everybody out, and nobody is listened to yet.
  if (::chmod(socket.c_str(), kMode) != 0) throw std::system_error(errno, std::generic_category());
  if (::listen(descriptor_, kBacklog) != 0) throw std::system_error(errno, std::generic_category());
}

int connect_control_socket(const std::filesystem::path& path) {
  std::filesystem::path socket = path;
  if (path.native().size() > kMaxSocketPath) socket = std::filesystem::read_symlink(path);
  const int descriptor = open_socket();
  const int error = with_address(::connect, descriptor, socket);
  if (error == 0) return descriptor;
  ::close(descriptor);
  throw std::system_error(error, std::generic_category());
}

}  // namespace vestnik::admin
