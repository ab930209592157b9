#pragma once
#include <filesystem>
#include <string>

namespace vestnik::admin {

/// The longest path that is bound and connected to as it is (sun_path has 108 bytes).
inline constexpr std::size_t kMaxSocketPath = 100;

/// The file of the control socket: made, listened on, and removed again. Mode 0660: whoever may open it
/// administers the server. If the path is too long for a socket, the socket is in a private folder below /tmp
/// and `path` a link to it.
class ControlSocket {
 public:
  /// Throws std::runtime_error with the reason; one is that a server already answers there. A file that a
  /// dead server left behind is replaced.
  explicit ControlSocket(std::filesystem::path path);
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// The listening descriptor; the caller takes it over.
  int release_descriptor();

 private:
  void listen_at(const std::filesystem::path& socket);

  std::filesystem::path path_;
  std::filesystem::path folder_;  ///< of the socket, if `path_` is a link
  int descriptor_ = -1;
};

/// Connects to a control socket, following the link of a long path. Throws std::system_error.
int connect_control_socket(const std::filesystem::path& path);

}  // namespace vestnik::admin
