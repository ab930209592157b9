// vestnik-relay: the floor that vestnik-bench compares servers with.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>

#include "bench/relay/relay.h"
#include "core/io/tls_memory.h"

namespace {

constexpr int kUsage = 64;
constexpr int kUnavailable = 69;

}  // namespace

int main(int argc, char** argv) {
  using namespace vestnik::bench;
  vestnik::tls_memory::install();  // as the server does: it is the floor
  RelayOptions options;
  std::string listen = "127.0.0.1:5222";
  CLI::App app(
      "Relays bytes between pairs of TLS connections and does nothing else: the least a message can cost.",
      "vestnik-relay");
  app.add_option("--listen", listen, "HOST:PORT")->capture_default_str();
  app.add_option("--threads", options.threads, "threads")->check(CLI::Range(1U, 256U))->capture_default_str();
  app.add_option("--crossing", options.crossing_percent,
                 "per cent of the pairs whose sides are on different threads")
      ->check(CLI::Range(0U, 100U))
      ->capture_default_str();
  app.add_flag("--plain", options.plain, "without TLS");
  auto* certificate =
      app.add_option("--cert", options.certificate_file, "PEM certificate (default: made on the spot)");
  auto* key = app.add_option("--key", options.key_file, "PEM key");
  certificate->needs(key);
  key->needs(certificate);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }

  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGINT);
  sigaddset(&stop_signals, SIGTERM);
  // Before the threads start, so that only sigwait() gets them.
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  try {
    const auto place = split_host_port(listen, 5222);
    const auto address = place ? resolve(place->first, place->second) : vestnik::Err(place.error());
    if (!address) throw std::runtime_error(address.error());
    options.listen = *address;
    const Relay relay(options);
    fmt::print("listening on {}, {} threads, process {}\n", relay.address().to_string(), options.threads,
               ::getpid());
    std::fflush(stdout);
    int signal = 0;
    sigwait(&stop_signals, &signal);
  } catch (const std::exception& error) {
    fmt::print(stderr, "vestnik-relay: {}\n", error.what());
    return kUnavailable;
  }
  return 0;
}
