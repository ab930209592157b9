#include "server/admin/command_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "core/config/log_level.h"
#include "server/admin/errors.h"

namespace vestnik::admin {
namespace {

using Checked = Result<void, CommandError>;

Checked refuse(std::string_view code, std::string text) {
  return Err(CommandError{std::string(code), std::move(text)});
}

Checked check_host(std::string_view domain, const Config& config) {
  if (config.host(domain) != nullptr) return {};
  return refuse("host-unknown", fmt::format("{} is not served here", domain));
}

Checked check_address(const ArgumentSpec& spec, const Config& config, std::string& value) {
  const Result<Jid, JidError> jid = Jid::parse(value);
  if (!jid)
    return refuse("jid-malformed", fmt::format("\"{}\" is no address: {}", value, to_string(jid.error())));
  if (!jid->has_local())
    return refuse("jid-malformed", fmt::format("\"{}\" has no part before the @", value));
  if (spec.type == ArgumentType::account && !jid->is_bare()) {
    return refuse("jid-malformed", fmt::format("\"{}\" is a session, name its account", value));
  }
  value = jid->full();
  return check_host(jid->domain(), config);
}

Checked check_value(const ArgumentSpec& spec, const Config& config, std::string& value) {
  switch (spec.type) {
    case ArgumentType::account:
    case ArgumentType::session: return check_address(spec, config, value);
    case ArgumentType::host:
      if (Result<std::string, JidError> domain = prepare_domain(value)) value = *std::move(domain);
      return check_host(value, config);
    case ArgumentType::path:
      if (value.starts_with('/')) return {};
      return refuse("bad-request", fmt::format("{}: the path must be absolute", spec.name));
    case ArgumentType::level:
      if (parse_log_level(value)) return {};
      return refuse("bad-request", fmt::format("\"{}\" is no level of the log", value));
    case ArgumentType::text:
    case ArgumentType::password:
      if (!value.empty()) return {};
      return refuse("bad-request", fmt::format("{}: must not be empty", spec.name));
  }
  return {};
}

}  // namespace

Result<void, CommandError> check_arguments(const CommandSpec& spec, const Config& config,
                                           Arguments& arguments) {
  for (const auto& entry : arguments) {
    if (std::ranges::find(spec.arguments, entry.first, &ArgumentSpec::name) == spec.arguments.end()) {
      return refuse("bad-request", fmt::format("'{}' has no argument '{}'", spec.name, entry.first));
    }
  }
  for (const ArgumentSpec& argument : spec.arguments) {
    const auto found = arguments.find(argument.name);
    if (found == arguments.end()) {
      if (argument.use != ArgumentUse::required) continue;
      return refuse("bad-request", fmt::format("'{}' needs the argument '{}'", spec.name, argument.name));
    }
    if (Checked checked = check_value(argument, config, found->second); !checked) return checked;
  }
  return {};
}

void CommandTable::bind(std::string_view name, Handler handler) {
  if (find_command(name) == nullptr) throw std::logic_error(fmt::format("no command is called '{}'", name));
  if (!handlers_.emplace(name, std::move(handler)).second) {
    throw std::logic_error(fmt::format("the command '{}' has two handlers", name));
  }
}

void CommandTable::check_complete() const {
  for (const CommandSpec& spec : command_specs()) {
    if (!handlers_.contains(spec.name))
      throw std::logic_error(fmt::format("the command '{}' has no handler", spec.name));
  }
}

Task<Reply> CommandTable::run(Request request) const {
  if (closed_) co_return stopping();
  const CommandSpec* spec = find_command(request.command);
  if (spec == nullptr) {
    co_return Err(CommandError{"unknown-command", fmt::format("no command is called '{}'", request.command)});
  }
  const std::shared_ptr<const Config> config = config_();
  if (Checked checked = check_arguments(*spec, *config, request.arguments); !checked) {
    co_return Err(std::move(checked.error()));
  }
  const auto subject = request.arguments.find("jid");
  const std::string jid = subject == request.arguments.end() ? std::string() : subject->second;
  const Handler& handler = handlers_.find(spec->name)->second;
  Reply reply = co_await handler(std::move(request.arguments));
  const std::string_view outcome = reply ? "ok" : std::string_view(reply.error().code);
  log_.write(spec->changes ? LogLevel::info : LogLevel::debug, "admin.command",
             {{"command", spec->name}, {"jid", jid}, {"outcome", outcome}});
  co_return reply;
}

}  // namespace vestnik::admin
