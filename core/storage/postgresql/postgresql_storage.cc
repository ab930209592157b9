#include "core/storage/postgresql/postgresql_storage.h"

#include <utility>

#include "core/storage/engine/engine.h"
#include "core/storage/postgresql/server.h"
#include "core/storage/postgresql/session.h"

namespace vestnik::storage::postgresql {
namespace {

class PostgresqlBackend final : public Backend {
 public:
  explicit PostgresqlBackend(const StorageConfig& config)
      : server_(config.path), durability_(config.durability) {}

  std::unique_ptr<WriteSession> open_writer() override { return make_write_session(server_, durability_); }
  std::unique_ptr<Session> open_reader() override { return make_read_session(server_); }

  void backup(std::filesystem::path /*target*/,
              std::move_only_function<void(Result<void, Error>)> done) override {
    done(
        Err(Error{ErrorKind::constraint, "a database in PostgreSQL is backed up by its own tools: pg_dump"}));
  }
  void close() override {}

 private:
  Server server_;
  const Durability durability_;
};

}  // namespace

std::unique_ptr<Storage> open_postgresql_storage(const StorageConfig& config, Events events,
                                                 const Tuning& tuning) {
  return std::make_unique<Engine>(std::make_unique<PostgresqlBackend>(config), config, std::move(events),
                                  tuning);
}

}  // namespace vestnik::storage::postgresql
