#include "server/admin/component_commands.h"

#include <fmt/format.h>

#include "server/admin/errors.h"
#include "server/admin/shard_calls.h"
#include "shard/component/component_stream.h"

namespace vestnik::admin {
namespace {

/// A connection of a component.
struct ConnectionLine {
  std::string address;
  std::string tls;
  std::size_t queued_bytes = 0;
};

std::vector<ConnectionLine> connections_of(Shard& shard, const std::string& domain) {
  std::vector<ConnectionLine> lines;
  for (const ComponentStream* stream : shard.components().of(domain).streams()) {
    const TlsEngine* tls = stream->tls();
    lines.push_back({.address = stream->address(),
                     .tls = tls == nullptr ? "" : fmt::format("{} {}", tls->version(), tls->cipher()),
                     .queued_bytes = stream->waiting_bytes()});
  }
  return lines;
}

std::size_t close_all(Shard& shard, const std::string& domain) {
  const auto streams = shard.components().of(domain).streams();  // closing changes the list
  for (ComponentStream* stream : streams) stream->finish();
  return streams.size();
}

}  // namespace

void ComponentCommands::bind(CommandTable& table) {
  table.bind("component list", [this](Arguments arguments) { return list(std::move(arguments)); });
  table.bind("component close", [this](Arguments arguments) { return close(std::move(arguments)); });
}

Task<Reply> ComponentCommands::list(Arguments /*arguments*/) {
  const auto config = context_->process.config();
  json::array lines;
  for (const ComponentConfig& component : config->component_list) {
    auto query = [domain = component.name](Shard& shard) { return connections_of(shard, domain); };
    const auto connections = co_await on_owner<std::vector<ConnectionLine>>(context_, component.name, query);
    if (!connections) co_return stopping();
    if (connections->empty()) lines.push_back({{"domain", component.name}, {"state", "not connected"}});
    for (const ConnectionLine& line : *connections) {
      lines.push_back({{"domain", component.name},
                       {"state", "connected"},
                       {"address", line.address},
                       {"tls", line.tls},
                       {"queued_bytes", line.queued_bytes}});
    }
  }
  co_return json::object{{"components", std::move(lines)}};
}

Task<Reply> ComponentCommands::close(Arguments arguments) {
  const auto domain = prepare_domain(arguments["domain"]);
  const auto config = context_->process.config();
  if (!domain || config->component(*domain) == nullptr) {
    co_return refused("not-found", fmt::format("there is no component \"{}\"", arguments["domain"]));
  }
  auto end = [domain = *domain](Shard& shard) { return close_all(shard, domain); };
  const auto closed = co_await on_owner<std::size_t>(context_, *domain, end);
  if (!closed) co_return stopping();
  if (*closed == 0) co_return refused("not-found", fmt::format("{} is not connected", *domain));
  co_return json::object{{"connections_closed", *closed}};
}

}  // namespace vestnik::admin
