#include "server/pid_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace vestnik {

PidFile::PidFile(std::filesystem::path path) : path_(std::move(path)) {
  if (path_.empty()) return;
  const auto fail = [this](int error) {
    if (descriptor_ >= 0) ::close(descriptor_);
    throw std::runtime_error(fmt::format("cannot write the pid file {}: {}", path_.native(),
                                         std::generic_category().message(error)));
  };
  std::error_code ignored;  // open() says it
  std::filesystem::create_directories(path_.parent_path(), ignored);
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail(errno);
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor_);
    throw std::runtime_error(fmt::format("a server is already running: it holds {}", path_.native()));
  }
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor_, 0) != 0) fail(errno);
  if (::write(descriptor_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) fail(errno);
}

PidFile::~PidFile() {
  if (descriptor_ < 0) return;
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
  ::close(descriptor_);
}

}  // namespace vestnik
