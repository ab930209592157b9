#pragma once
#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "core/config/document.h"
#include "core/config/feature_spec.h"
#include "core/log/log.h"
#include "core/storage/storage.h"
#include "server/admin/context.h"
#include "server/admin/control_socket.h"
#include "server/control_thread.h"
#include "server/http/web_server.h"
#include "server/job_queue.h"
#include "server/notify.h"
#include "server/pid_file.h"
#include "shard/shard_group.h"

namespace vestnik {

/// Where the configuration comes from; read again at a reload.
struct ConfigSource {
  std::filesystem::path file;
  std::vector<std::string> overrides;  ///< of --set
  std::vector<FeatureSpec> features;   ///< of this build

  Result<Config, config::Problems> load() const;
};

/// The server: its parts in the order in which they are built; they are stopped in the reverse one.
class App final : private admin::Process {
 public:
  /// Opens and binds everything. Throws std::runtime_error, in one sentence, if something cannot be had.
  App(ConfigSource source, Config config);

  /// Serves until a signal or a command ends it. The calling thread is the one that reloads and stops.
  void run();

 private:
  // admin::Process, on the control thread
  std::shared_ptr<const Config> config() const override { return config_.load(); }
  void request_stop() override;
  Task<Result<std::vector<std::string>, std::string>> reload() override;

  Result<std::vector<std::string>, std::string> reload_now();
  void apply(const std::shared_ptr<const Config>& next);
  void stop();

  ConfigSource source_;
  std::atomic<std::shared_ptr<const Config>> config_;
  ServiceNotifier notifier_;
  PidFile pid_file_;
  admin::ControlSocket control_socket_;
  Log log_;
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<ShardGroup> shards_;
  http::WebServer web_;
  ControlThread control_;
  JobQueue jobs_;
  bool stopping_ = false;  ///< the main thread's
};

}  // namespace vestnik
