// vestnik, the server: command line, and what a process sets once.
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <optional>

#include "core/config/print.h"
#include "core/config/version.h"
#include "core/io/tls_context.h"
#include "core/io/tls_memory.h"
#include "core/storage/error.h"
#include "server/app.h"
#include "server/ports.h"
#include "shard/feature/feature.h"

namespace vestnik {
namespace {

struct Options {
  std::string config = "/etc/vestnik/vestnik.toml";
  std::vector<std::string> set;
  std::uint32_t workers = 0;
  bool check = false;
  bool print_default_config = false;
};

void complain(std::string_view text) { fmt::print(stderr, "vestnik: {}\n", text); }

void define(CLI::App& cli, Options& options) {
  cli.add_option("--config", options.config, "Configuration file")->capture_default_str();
  cli.add_option("--set", options.set, "Overrides a key of the configuration: table.key=value (repeatable)")
      ->allow_extra_args(false);
  cli.add_option("--workers", options.workers, "Threads that serve clients (server.workers)");
  cli.add_flag("--check", options.check, "Says whether the configuration is right, and ends");
  cli.add_flag("--print-default-config", options.print_default_config,
               "Prints a commented configuration, and ends");
  cli.set_version_flag("--version", "vestnik " + std::string(version()));
}

/// As many connections as the system allows, files that only we can read, and no death by a peer that hangs
/// up.
void prepare_process() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  ::umask(S_IWGRP | S_IRWXO);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a limit on files is an error of the disk
  // Only the control thread takes these; one that comes when it has ended does not turn an orderly end into a
  // kill.
  sigset_t handled;
  ::sigemptyset(&handled);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&handled, signal);
  ::pthread_sigmask(SIG_BLOCK, &handled, nullptr);
}

/// Reads the configuration and what it refers to; nothing else is touched. Says what is wrong.
std::optional<Config> load(const ConfigSource& source) {
  Result<Config, config::Problems> config = source.load();
  if (!config) {
    for (const config::Problem& problem : config.error()) complain(problem.to_string());
    return std::nullopt;
  }
  try {
    const TlsContext certificates_can_be_loaded(*config, {});
  } catch (const std::exception& failure) {
    complain(failure.what());
    return std::nullopt;
  }
  return *std::move(config);
}

int serve(ConfigSource source, Config config) {
  try {
    require_free_ports(config);
    App(std::move(source), std::move(config)).run();
    return EX_OK;
  } catch (const storage::Failure& failure) {
    complain(failure.what());
    return EX_IOERR;
  } catch (const std::exception& failure) {
    complain(failure.what());
    return EX_OSERR;
  }
}

int run(int argc, char** argv) {
  Options options;
  CLI::App cli("Vestnik, an XMPP server.", "vestnik");
  define(cli, options);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::Success& shown) {  // --help, --version
    return cli.exit(shown);
  } catch (const CLI::ParseError& error) {
    complain(error.what());
    return EX_USAGE;
  }
  if (options.print_default_config) {
    fmt::print("{}", config::print_default(feature_specs()));
    return EX_OK;
  }
  if (options.workers != 0) options.set.push_back(fmt::format("server.workers={}", options.workers));
  prepare_process();
  ConfigSource source{.file = options.config, .overrides = options.set, .features = feature_specs()};
  std::optional<Config> config = load(source);
  if (!config) return EX_CONFIG;
  if (options.check) {
    fmt::print("{}: the configuration is right\n", options.config);
    return EX_OK;
  }
  return serve(std::move(source), *std::move(config));
}

}  // namespace
}  // namespace vestnik

int main(int argc, char** argv) {
  vestnik::tls_memory::install();
  return vestnik::run(argc, argv);
}
