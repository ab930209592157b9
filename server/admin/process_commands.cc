#include "server/admin/process_commands.h"

#include "core/config/version.h"
#include "server/admin/errors.h"
#include "server/admin/memory_report.h"
#include "server/admin/shard_calls.h"
#include "server/admin/shard_survey.h"

namespace vestnik::admin {
namespace {

json::object to_json(const ShardLine& line) {
  return {{"sessions", line.sessions},
          {"accounts", line.accounts},
          {"mailbox_bytes", line.mailbox_bytes},
          {"parked", line.parked}};
}

json::object to_json(const std::vector<MemoryPart>& parts) {
  json::object memory;
  for (const MemoryPart& part : parts) memory[part.name] = part.bytes;
  return memory;
}

json::object storage_state(const storage::Status& store) {
  json::object state{{"state", store.state == storage::State::ok ? "ok" : "degraded"},
                     {"queue", store.queued_writes},
                     {"commit_ms", static_cast<double>(store.last_commit.count()) / 1'000},
                     {"log_bytes", store.log_bytes}};
  if (store.error) state["error"] = store.error->text;
  return state;
}

json::object sessions(const std::vector<ShardLine>& shards) {
  std::size_t total = 0;
  std::size_t web_sockets = 0;
  std::size_t sleeping = 0;
  for (const ShardLine& shard : shards) {
    total += shard.sessions;
    web_sockets += shard.web_sockets;
    sleeping += shard.sleeping;
  }
  return {{"total", total},
          {"c2s", total - sleeping - web_sockets},
          {"ws", web_sockets},
          {"bosh", 0},
          {"sleeping", sleeping}};
}

}  // namespace

void ProcessCommands::bind(CommandTable& table) {
  table.bind("status", [this](Arguments arguments) { return status(std::move(arguments)); });
  table.bind("reload", [this](Arguments arguments) { return reload(std::move(arguments)); });
  table.bind("stop", [this](Arguments arguments) { return stop(std::move(arguments)); });
  table.bind("backup", [this](Arguments arguments) { return backup(std::move(arguments)); });
  table.bind("loglevel", [this](Arguments arguments) { return loglevel(std::move(arguments)); });
}

Task<Reply> ProcessCommands::status(Arguments) {
  const auto shards = co_await survey(context_);
  if (!shards) co_return stopping();
  const storage::Status store = context_->services.storage.status();
  const auto uptime = std::chrono::system_clock::now() - context_->services.started;
  const auto config = context_->process.config();
  json::array lines;
  for (const ShardLine& shard : *shards) lines.push_back(to_json(shard));
  json::array hosts;
  for (const HostConfig& host : config->hosts) hosts.push_back(json::string(host.name));
  co_return json::object{{"version", version()},
                         {"uptime_s", std::chrono::duration_cast<std::chrono::seconds>(uptime).count()},
                         {"workers", shards->size()},
                         {"sessions", sessions(*shards)},
                         {"shards", std::move(lines)},
                         {"memory", to_json(memory_report(*shards, store))},
                         {"storage", storage_state(store)},
                         {"log_dropped", context_->services.log.dropped()},
                         {"hosts", std::move(hosts)}};
}

Task<Reply> ProcessCommands::reload(Arguments) {
  auto reloaded = co_await context_->process.reload();
  if (!reloaded) co_return refused("config", std::move(reloaded.error()));
  json::array keys;
  for (const std::string& key : *reloaded) keys.push_back(json::string(key));
  co_return json::object{{"needs_restart", std::move(keys)}};
}

Task<Reply> ProcessCommands::stop(Arguments) {
  context_->process.request_stop();
  co_return json::object{{"stopping", true}};
}

Task<Reply> ProcessCommands::backup(Arguments arguments) {
  const std::string file = arguments["file"];
  using Outcome = Result<void, storage::Error>;
  auto start = [&](Delivery<Outcome> deliver) {
    context_->services.storage.backup(file, std::move(deliver));
  };
  const auto outcome = co_await await_result<Outcome>(context_->reactor, start);
  if (!outcome) co_return stopping();
  if (!*outcome) co_return storage_failed(outcome->error());
  co_return json::object{{"file", file}};
}

Task<Reply> ProcessCommands::loglevel(Arguments arguments) {
  Log& log = context_->services.log;
  if (const auto level = arguments.find("level"); level != arguments.end())
    log.set_level(*parse_log_level(level->second));
  co_return json::object{{"level", to_string(log.level())}};
}

}  // namespace vestnik::admin
