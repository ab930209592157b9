#include "tests/contract/postgresql/cluster.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace vestnik::storage {
namespace {

using Words = std::vector<std::string>;

std::filesystem::path programs() {
  std::filesystem::path newest;
  const std::filesystem::path versions = "/usr/lib/postgresql";
  if (std::filesystem::exists(versions)) {
    for (const auto& version : std::filesystem::directory_iterator(versions))
      newest = std::max(newest, version.path() / "bin");
  }
  if (newest.empty()) throw std::runtime_error("PostgreSQL is missing: ./deploy/deps test");
  return newest;
}

/// Starts a program of PostgreSQL's as a user that it accepts, with `settings` as its environment. It ends
/// with this process at the latest.
pid_t spawn(Words words, Words settings) {
  words[0] = (programs() / words[0]).string();
  Words prefix{"setpriv", "--pdeathsig", "QUIT"};
  if (::geteuid() == 0)
    prefix.insert(prefix.end(), {"--reuid=postgres", "--regid=postgres", "--clear-groups"});
  words.insert(words.begin(), prefix.begin(), prefix.end());
  const auto pointers = [](Words& texts) {
    std::vector<char*> list;
    for (std::string& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
  };
  settings.emplace_back("LC_ALL=C");
  settings.emplace_back("PATH=/usr/bin:/bin");
  posix_spawn_file_actions_t quiet;
  ::posix_spawn_file_actions_init(&quiet);
  ::posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_adddup2(&quiet, STDOUT_FILENO, STDERR_FILENO);
  pid_t process = 0;
  const int failed = ::posix_spawn(&process, "/usr/bin/setpriv", &quiet, nullptr, pointers(words).data(),
                                   pointers(settings).data());
  ::posix_spawn_file_actions_destroy(&quiet);
  if (failed != 0) throw std::runtime_error("setpriv cannot be run");
  return process;
}

int wait_for(pid_t process) {
  int status = 0;
  ::waitpid(process, &status, 0);
  return status;
}

/// Where a service says that it is ready (sd_notify).
class Notices {
 public:
  explicit Notices(const std::filesystem::path& path)
      : path_(path), socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    std::filesystem::remove(path);
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    std::ranges::copy(path_, address.sun_path);
    ::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    std::filesystem::permissions(path, std::filesystem::perms::all);
    const timeval patience{.tv_sec = 60, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~Notices() { ::close(socket_); }
  Notices(const Notices&) = delete;
  Notices& operator=(const Notices&) = delete;

  void wait_until_ready() {
    std::array<char, 1'024> text{};
    std::string_view said;
    do {
      const auto size = ::recv(socket_, text.data(), text.size(), 0);
      if (size < 0) throw std::runtime_error("PostgreSQL does not start");
      said = {text.data(), static_cast<std::size_t>(size)};
    } while (said.find("READY=1") == std::string_view::npos);
  }

 private:
  std::string path_;
  int socket_;
};

}  // namespace

Cluster::Cluster() {
  const std::string dir = dir_.path();
  if (::geteuid() == 0) {
    const std::string command = "chown postgres:postgres " + dir;
    if (::system(command.c_str()) != 0) throw std::runtime_error("there is no user postgres");
  }
  const pid_t init = spawn({"initdb", "-D", dir + "/data", "-A", "trust", "-U", "vestnik", "-E", "UTF8",
                            "--locale=C.UTF-8", "--no-sync"},
                           {});
  if (wait_for(init) != 0) throw std::runtime_error("initdb failed");
  start();
}

Cluster::~Cluster() { stop(SIGQUIT); }

void Cluster::start() {
  const std::string dir = dir_.path();
  Notices notices(dir + "/notify");
  process_ = spawn({"postgres", "-D", dir + "/data", "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off",
                    "-c", "shared_buffers=16MB"},
                   {"NOTIFY_SOCKET=" + dir + "/notify"});
  notices.wait_until_ready();
}

void Cluster::stop(int signal) {
  if (process_ == 0) return;
  ::kill(process_, signal);
  wait_for(process_);
  process_ = 0;
}

std::string Cluster::url() const {
  return fmt::format("postgresql://vestnik@/postgres?host={}", dir_.path().native());
}

std::string Cluster::new_url() {
  const std::string schema = fmt::format("test{}", ++schemas_);
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url().c_str()), PQfinish);
  PQclear(PQexec(connection.get(), fmt::format("CREATE SCHEMA {}", schema).c_str()));
  if (PQstatus(connection.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection.get()));
  return fmt::format("{}&options=-csearch_path%3D{}", url(), schema);
}

Cluster& cluster() {
  static Cluster shared;
  return shared;
}

}  // namespace vestnik::storage
