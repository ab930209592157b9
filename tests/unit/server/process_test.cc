#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <future>
#include <iterator>
#include <string>
#include <system_error>
#include <thread>

#include "core/config/print.h"
#include "server/admin/control_server.h"
#include "server/admin/control_socket.h"
#include "server/ctl/client.h"
#include "server/notify.h"
#include "server/pid_file.h"
#include "shard/feature/feature.h"
#include "tests/unit/config/temp_dir.h"

using namespace vestnik;

namespace {

std::string read_file(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// A folder whose name alone is longer than a socket's path may be.
std::filesystem::path deep_folder(const TempDir& dir) {
  return dir.path() / std::string(60, 'a') / std::string(60, 'b');
}

/// A datagram socket, as a service manager has one.
class Manager {
 public:
  explicit Manager(const std::filesystem::path& path) : descriptor_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.native().size());
    REQUIRE(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  ~Manager() { ::close(descriptor_); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  std::string next() const {
    std::array<char, 256> buffer;
    const auto size = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    return {buffer.data(), static_cast<std::size_t>(size)};
  }

 private:
  int descriptor_;
};

}  // namespace

TEST_CASE("the default configuration that is installed is the one this build prints") {
  const std::string committed = read_file(VESTNIK_SOURCE_DIR "/deploy/config/vestnik.toml");
  CHECK_MESSAGE(committed == config::print_default(feature_specs()),
                "run: build/vestnik --print-default-config > deploy/config/vestnik.toml");
}

TEST_CASE("one process holds a pid file") {
  const TempDir dir;
  const auto path = dir.path() / "run/vestnik.pid";
  {
    const PidFile held(path);
    CHECK(read_file(path) == std::to_string(::getpid()) + "\n");
    CHECK_THROWS_WITH_AS(PidFile second(path),
                         ("a server is already running: it holds " + path.native()).c_str(),
                         std::runtime_error);
    CHECK(read_file(path) == std::to_string(::getpid()) + "\n");
  }
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK_NOTHROW(PidFile(""));
}

TEST_CASE("a control socket is not for others, replaces a dead one, and yields to a living one") {
  const TempDir dir;
  for (const auto& path : {dir.path() / "control.sock", deep_folder(dir) / "control.sock"}) {
    {
      admin::ControlSocket first(path);
      const int living = first.release_descriptor();
      CHECK_THROWS_WITH(admin::ControlSocket second(path),
                        ("a server is already running: it answers at " + path.native()).c_str());
      CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::others_all) ==
            std::filesystem::perms::none);
      ::close(living);  // the file stays, as after a crash
      const admin::ControlSocket second(path);
      ::close(admin::connect_control_socket(path));
    }
    CHECK_FALSE(std::filesystem::exists(std::filesystem::symlink_status(path)));
  }
}

TEST_CASE("commands run over the socket, in order and after a bad one; a closed table says try again") {
  const TempDir dir;
  LogConfig silent;
  silent.level = LogLevel::off;
  Log log(silent);
  Reactor reactor;
  TaskScope scope(reactor, log);
  admin::CommandTable table(log, [] { return std::make_shared<const Config>(); });
  table.bind("loglevel", [](admin::Arguments arguments) -> Task<admin::Reply> {
    co_return admin::json::object{{"level", arguments["level"]}};
  });
  admin::ControlSocket socket(deep_folder(dir) / "control.sock");
  admin::ControlServer server(reactor, scope, table, socket);
  server.start();
  std::thread thread([&] { reactor.run(); });

  ctl::Client client(socket.path());
  CHECK(client.ask({"dance", {}}).error().code == "unknown-command");
  CHECK(client.ask({"loglevel", {{"level", "loud"}}}).error().code == "bad-request");
  CHECK(client.ask({"loglevel", {{"level", "debug"}}}).value().at("level") == "debug");
  std::promise<void> closed;
  reactor.post([&] {
    table.close();
    closed.set_value();
  });
  closed.get_future().wait();
  const admin::Reply late = client.ask({"loglevel", {}});
  REQUIRE_FALSE(late.has_value());
  CHECK(late.error().code == admin::kTryAgain);
  reactor.post([&] {
    server.close();
    scope.on_empty([&] { reactor.stop(); });
  });
  thread.join();
  CHECK_THROWS_AS(client.ask({"loglevel", {}}), std::system_error);
  CHECK(scope.active() == 0);
}

TEST_CASE("the service manager hears of it, if there is one") {
  const TempDir dir;
  const auto path = dir.path() / "notify";
  const Manager manager(path);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  const ServiceNotifier notifier;
  CHECK(notifier.watchdog() == std::chrono::seconds(30));
  notifier.ready();
  CHECK(manager.next() == "READY=1");
  notifier.reloading();
  CHECK(manager.next().starts_with("RELOADING=1\nMONOTONIC_USEC="));
  notifier.stopping();
  CHECK(manager.next() == "STOPPING=1");

  ::unsetenv("NOTIFY_SOCKET");
  ::unsetenv("WATCHDOG_USEC");
  const ServiceNotifier alone;
  CHECK_FALSE(alone.watchdog().has_value());
  CHECK_NOTHROW(alone.ready());
}
