#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace vestnik::admin {

/// What an argument holds. It travels as a JSON string; the server checks it.
enum class ArgumentType : std::uint8_t {
  account,  ///< bare JID of an account: `juliet@example.org`
  session,  ///< full JID, or a bare one for all sessions of the account
  host,     ///< domain served here
  text,
  path,      ///< made absolute by the client: the server's working directory is another
  password,  ///< asked for at the terminal or read from standard input, never on the command line
  level,     ///< of the log
};

/// How an argument is given on a command line.
enum class ArgumentUse : std::uint8_t {
  required,  ///< by its place
  optional,  ///< by its place, as the last one
  option,    ///< as `--name VALUE`, or not at all
};

/// An argument of a command.
struct ArgumentSpec {
  std::string_view name;
  ArgumentType type;
  std::string_view doc;
  ArgumentUse use = ArgumentUse::required;
};

/// A command as both sides of the control socket see it.
struct CommandSpec {
  std::string_view name;  ///< `user add`: group and verb, or one word
  std::string_view doc;
  std::vector<ArgumentSpec> arguments = {};
  bool changes = true;  ///< something; such commands are logged
};

/// Every command of the control socket. The server binds a handler to each (command_table.h), vestnikctl
/// makes its command line from it.
std::span<const CommandSpec> command_specs();

/// The command of this name, or null.
const CommandSpec* find_command(std::string_view name);

}  // namespace vestnik::admin
