#include "core/storage/sqlite/sqlite_storage.h"

#include <optional>
#include <string>
#include <utility>

#include "core/storage/engine/engine.h"
#include "core/storage/sqlite/backup.h"
#include "core/storage/sqlite/checkpointer.h"
#include "core/storage/sqlite/connection.h"
#include "core/storage/sqlite/session.h"

namespace vestnik::storage::sqlite {
namespace {

class SqliteBackend final : public Backend {
 public:
  SqliteBackend(const StorageConfig& config, const Tuning& tuning)
      : path_(config.path), durability_(config.durability), tuning_(tuning), backups_(path_) {}

  std::unique_ptr<WriteSession> open_writer() override {
    Database database = sqlite::open_writer(path_, durability_);
    checkpointer_.emplace(open_maintenance(path_), tuning_);
    return make_write_session(std::move(database), *checkpointer_);
  }

  std::unique_ptr<Session> open_reader() override { return make_read_session(sqlite::open_reader(path_)); }

  void backup(std::filesystem::path target,
              std::move_only_function<void(Result<void, Error>)> done) override {
    backups_.start(std::move(target), std::move(done));
  }

  // The last connection to go copies and removes the log.
  void close() override {
    backups_.close();
    if (checkpointer_) checkpointer_->close();
  }

 private:
  const std::string path_;
  const Durability durability_;
  const Tuning tuning_;
  BackupRunner backups_;
  std::optional<Checkpointer> checkpointer_;
};

}  // namespace

std::unique_ptr<Storage> open_sqlite_storage(const StorageConfig& config, Events events,
                                             const Tuning& tuning) {
  return std::make_unique<Engine>(std::make_unique<SqliteBackend>(config, tuning), config, std::move(events),
                                  tuning);
}

}  // namespace vestnik::storage::sqlite
