#include "server/app.h"

#include <fmt/ranges.h>

#include "core/config/load.h"
#include "core/config/version.h"
#include "core/storage/location.h"
#include "server/admin/await.h"

namespace vestnik {
namespace {

storage::Events storage_events(Log& log) {
  return {.group_end = {}, .state = [&log](const storage::Status& status) {
            const bool ok = status.state == storage::State::ok;
            const std::string reason = status.error ? status.error->text : std::string();
            log.write(ok ? LogLevel::info : LogLevel::error, ok ? "storage.recovered" : "storage.degraded",
                      {{"reason", reason}});
          }};
}

std::unique_ptr<storage::Storage> open_data(const StorageConfig& config, Log& log) {
  if (!storage::is_postgresql(config.path)) {
    // A first start finds no folder; if it cannot be made, opening the file says so with its path.
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(config.path).parent_path(), ignored);
  }
  return storage::open_storage(config, storage_events(log));
}

std::string join(const config::Problems& problems) {
  std::vector<std::string> lines;
  for (const config::Problem& problem : problems) lines.push_back(problem.to_string());
  return fmt::format("{}", fmt::join(lines, "\n"));
}

}  // namespace

Result<Config, config::Problems> ConfigSource::load() const {
  return config::load(file, {.overrides = overrides, .features = features});
}

App::App(ConfigSource source, Config config)
    : source_(std::move(source)),
      config_(std::make_shared<const Config>(std::move(config))),
      pid_file_(config_.load()->server.pid_file),
      control_socket_(config_.load()->server.control_socket),
      log_(config_.load()->log),
      storage_(open_data(config_.load()->storage, log_)),
      shards_(std::make_unique<ShardGroup>(config_.load(), log_, *storage_)),
      web_(config_.load(), log_, shards_->services(), *this),
      control_(log_, notifier_, shards_->services(), *this, control_socket_) {}

void App::run() {
  shards_->start();
  web_.start();
  control_.start();
  log_.info("started",
            {{"version", version()}, {"workers", shards_->size()}, {"config", source_.file.native()}});
  notifier_.ready();
  while (!stopping_) {
    JobQueue::Job job = jobs_.pop();
    job();
  }
  stop();
}

void App::stop() {
  const milliseconds deadline = config()->server.stop_deadline;
  notifier_.stopping();
  log_.info("stopping", {{"deadline_ms", deadline.count()}});
  web_.stop();
  const bool in_order = shards_->stop(deadline);
  log_.info("stop.connections", {{"in_order", in_order}});
  storage_->close(deadline);
  log_.info("stop.storage");
  control_.refuse_commands();
  shards_.reset();  // what was still addressed to them is dropped, and tells those who wait for it
  control_.stop();
  log_.info("stopped");
}

void App::request_stop() {
  jobs_.push([this] { stopping_ = true; });
}

Task<Result<std::vector<std::string>, std::string>> App::reload() {
  using Outcome = Result<std::vector<std::string>, std::string>;
  auto start = [this](admin::Delivery<Outcome> deliver) {
    jobs_.push([this, deliver = std::move(deliver)]() mutable { deliver(reload_now()); });
  };
  auto outcome = co_await admin::await_result<Outcome>(control_.reactor(), start);
  if (!outcome) co_return Err(std::string("the server is stopping"));
  co_return *std::move(outcome);
}

Result<std::vector<std::string>, std::string> App::reload_now() {
  notifier_.reloading();
  Result<std::vector<std::string>, std::string> outcome = Err(std::string());
  if (Result<Config, config::Problems> loaded = source_.load()) {
    const auto next = std::make_shared<const Config>(*std::move(loaded));
    try {
      outcome = config::needs_restart(*config(), *next, source_.features);
      apply(next);
    } catch (const std::exception& failure) {
      outcome = Err(std::string(failure.what()));
    }
  } else {
    outcome = Err(join(loaded.error()));
  }
  notifier_.ready();
  return outcome;
}

/// All or nothing: a log or a certificate that cannot be opened leaves everything as it was.
void App::apply(const std::shared_ptr<const Config>& next) {
  log_.reopen(next->log);
  try {
    shards_->reload(next);
    web_.reload(next);
  } catch (const std::exception&) {
    log_.reopen(config()->log);
    throw;
  }
  config_.store(next);
  log_.info("reloaded", {{"config", source_.file.native()}});
}

}  // namespace vestnik
