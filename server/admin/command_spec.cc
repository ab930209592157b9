#include "server/admin/command_spec.h"

#include <algorithm>

namespace vestnik::admin {
namespace {

using enum ArgumentType;
using enum ArgumentUse;

const ArgumentSpec kAccount{"jid", account, "address of the account, like juliet@example.org"};
const ArgumentSpec kDomain{"domain", text, "another server's domain, like example.net"};
const ArgumentSpec kPassword{"password", password, "its password"};

}  // namespace

std::span<const CommandSpec> command_specs() {
  static const std::vector<CommandSpec> specs{
      {"user add", "Create an account.", {kAccount, kPassword}},
      {"user passwd", "Set an account's password.", {kAccount, kPassword}},
      {"user del", "Delete an account with everything it has.", {kAccount}},
      {"user disable", "End an account's sessions and let it log in no more.", {kAccount}},
      {"user enable", "Let a disabled account log in again.", {kAccount}},
      {"user list", "List accounts.", {{"host", host, "of this host only", option}}, false},
      {"session list", "List sessions.", {{"jid", account, "of this account only", option}}, false},
      {"session kick",
       "End sessions.",
       {{"jid", session, "a session's full address, or an account for all of its sessions"},
        {"reason", text, "told to the client", option}}},
      {"s2s list", "List streams with other servers, and what waits for them.", {}, false},
      {"s2s show", "Show how this server got, or did not get, to a domain.", {kDomain}, false},
      {"s2s close", "End the streams with a domain; they are opened again when needed.", {kDomain}},
      {"s2s check",
       "Connect to a domain's server, and say what happened at each step.",
       {kDomain, {"host", host, "from this host instead of the first", option}}},
      {"component list", "List components and their connections.", {}, false},
      {"component close",
       "End a component's connections; it may come back.",
       {{"domain", text, "the component's domain, like irc.example.org"}}},
      {"status", "How the server is doing.", {}, false},
      {"announce",
       "Send a message to everybody who is online.",
       {{"text", text, "the message"}, {"host", host, "to this host's accounts only", option}}},
      {"reload", "Read the configuration again and open log files anew."},
      {"stop", "Stop the server in order, and wait until it has."},
      {"backup", "Copy the database into a file, while the server runs.", {{"file", path, "the copy"}}},
      {"loglevel",
       "Show the level of the log, or set it until the next reload.",
       {{"level", level, "trace, debug, info, warn, error or off", optional}}},
  };
  return specs;
}

const CommandSpec* find_command(std::string_view name) {
  const auto specs = command_specs();
  const auto found = std::ranges::find(specs, name, &CommandSpec::name);
  return found == specs.end() ? nullptr : &*found;
}

}  // namespace vestnik::admin
