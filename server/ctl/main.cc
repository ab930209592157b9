// vestnikctl: the commands of server/admin/command_spec.h on a command line.
#include <fmt/format.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "core/config/load.h"
#include "core/config/version.h"
#include "server/admin/command_spec.h"
#include "server/ctl/client.h"
#include "server/ctl/password.h"
#include "server/ctl/render.h"
#include "server/ctl/storage_commands.h"

namespace vestnik::ctl {
namespace {

using admin::ArgumentSpec;
using admin::ArgumentType;
using admin::ArgumentUse;
using admin::CommandSpec;

constexpr int kRefused = 1;
constexpr const char* kPasswordOption = "--password-stdin";

struct Options {
  std::string socket;
  std::string config;
  bool json = false;
};

/// What went wrong, and the exit status that says so.
struct Failure {
  int status;
  admin::CommandError error;
};

std::string option_name(const ArgumentSpec& argument) {
  return argument.use == ArgumentUse::option ? fmt::format("--{}", argument.name)
                                             : std::string(argument.name);
}

void define_arguments(CLI::App& command, const CommandSpec& spec) {
  for (const ArgumentSpec& argument : spec.arguments) {
    if (argument.type == ArgumentType::password) {
      const std::string doc = "Read the password from the first line of standard input";
      command.add_flag(kPasswordOption, doc);
      continue;
    }
    const std::string doc(argument.doc);
    CLI::Option* option = command.add_option(option_name(argument), doc);
    option->required(argument.use == ArgumentUse::required);
  }
}

/// `user add` as the subcommand `add` of the subcommand `user`.
void define_command(CLI::App& cli, const CommandSpec& spec) {
  const std::string name(spec.name);
  const std::size_t space = name.find(' ');
  CLI::App* parent = &cli;
  if (space != std::string::npos) {
    const std::string group = name.substr(0, space);
    const auto groups = cli.get_subcommands([&](const CLI::App* app) { return app->get_name() == group; });
    parent =
        groups.empty() ? cli.add_subcommand(group, fmt::format("The {} commands", group)) : groups.front();
    parent->require_subcommand(1)->fallthrough();
  }
  CLI::App* command = parent->add_subcommand(space == std::string::npos ? name : name.substr(space + 1),
                                             std::string(spec.doc));
  command->fallthrough();
  define_arguments(*command, spec);
}

void define(CLI::App& cli, Options& options) {
  CLI::Option* socket = cli.add_option("--socket", options.socket, "The server's control socket");
  cli.add_option("--config", options.config, "The server's configuration, which names the socket")
      ->excludes(socket);
  cli.add_flag("--json", options.json, "Prints JSON");
  cli.set_version_flag("--version", "vestnikctl " + std::string(version()));
  cli.require_subcommand(1);
  for (const CommandSpec& spec : admin::command_specs()) define_command(cli, spec);
  for (const CommandSpec& spec : storage_specs()) define_command(cli, spec);
}

/// One of the storage commands, or null.
const CommandSpec* find_storage_command(std::string_view name) {
  const auto specs = storage_specs();
  const auto found = std::ranges::find(specs, name, &CommandSpec::name);
  return found == specs.end() ? nullptr : &*found;
}

/// The command that was named, with the subcommand that holds its options.
std::pair<const CommandSpec*, const CLI::App*> chosen_command(const CLI::App& cli) {
  const CLI::App* command = cli.get_subcommands().front();
  std::string name = command->get_name();
  if (const auto nested = command->get_subcommands(); !nested.empty()) {
    command = nested.front();
    name += ' ' + command->get_name();
  }
  const CommandSpec* storage = find_storage_command(name);
  return {storage != nullptr ? storage : admin::find_command(name), command};
}

Result<std::string, Failure> ask_password(const CLI::App& command) {
  if (command.count(kPasswordOption) != 0) return password_from_stdin();
  if (auto typed = password_from_terminal()) return *std::move(typed);
  return Err(Failure{
      EX_USAGE,
      {"usage", fmt::format("the passwords differ, or there is no terminal (see {})", kPasswordOption)}});
}

Result<admin::Request, Failure> make_request(const CLI::App& cli) {
  const auto [spec, command] = chosen_command(cli);
  admin::Request request{.command = std::string(spec->name), .arguments = {}};
  for (const ArgumentSpec& argument : spec->arguments) {
    if (argument.type == ArgumentType::password) {
      Result<std::string, Failure> password = ask_password(*command);
      if (!password) return Err(std::move(password.error()));
      request.arguments.emplace(argument.name, *std::move(password));
    } else if (const std::string name = option_name(argument); command->count(name) != 0) {
      std::string value = command->get_option(name)->as<std::string>();
      if (argument.type == ArgumentType::path) value = std::filesystem::absolute(value);
      request.arguments.emplace(argument.name, std::move(value));
    }
  }
  return request;
}

Result<std::string, Failure> socket_path(const Options& options) {
  if (!options.socket.empty()) return options.socket;
  if (options.config.empty()) return ServerConfig{}.control_socket;
  Result<std::string, config::Problems> socket = config::load_control_socket(options.config);
  if (!socket) return Err(Failure{EX_USAGE, {"config", socket.error().front().to_string()}});
  return *std::move(socket);
}

Result<admin::json::object, Failure> execute(const Options& options, const CLI::App& cli) {
  const Result<admin::Request, Failure> request = make_request(cli);
  if (!request) return Err(request.error());
  if (find_storage_command(request->command) != nullptr) {
    admin::Reply reply = run_storage_command(*request);
    if (reply) return *std::move(reply);
    return Err(Failure{kRefused, std::move(reply.error())});
  }
  const Result<std::string, Failure> socket = socket_path(options);
  if (!socket) return Err(socket.error());
  try {
    Client client(*socket);
    admin::Reply reply = client.ask(*request);
    if (reply && request->command == "stop") client.wait_until_ended();
    if (reply) return *std::move(reply);
    return Err(
        Failure{reply.error().code == admin::kTryAgain ? EX_TEMPFAIL : kRefused, std::move(reply.error())});
  } catch (const std::system_error& error) {
    const std::string text = fmt::format("no server answers at {}: {}", *socket, error.code().message());
    return Err(Failure{EX_UNAVAILABLE, {"unreachable", text}});
  }
}

int run(int argc, char** argv) {
  Options options;
  CLI::App cli("Administers a running Vestnik server.", "vestnikctl");
  define(cli, options);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::Success& shown) {  // --help, --version
    return cli.exit(shown);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "vestnikctl: {} (try --help)\n", error.what());
    return EX_USAGE;
  }
  const Result<admin::json::object, Failure> result = execute(options, cli);
  if (result) {
    fmt::print("{}", options.json ? admin::json::serialize(*result) + '\n' : render(*result));
    return EX_OK;
  }
  const Failure& failure = result.error();
  if (options.json) {
    const admin::json::object error{{"code", failure.error.code}, {"text", failure.error.text}};
    fmt::print("{}\n", admin::json::serialize(admin::json::object{{"error", error}}));
  } else {
    fmt::print(stderr, "vestnikctl: {}\n", failure.error.text);
  }
  return failure.status;
}

}  // namespace
}  // namespace vestnik::ctl

int main(int argc, char** argv) { return vestnik::ctl::run(argc, argv); }
