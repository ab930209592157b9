#include "core/storage/sqlite/sqlite_storage.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "core/storage/sqlite/backup.h"
#include "core/storage/sqlite/checkpointer.h"
#include "core/storage/sqlite/connection.h"
#include "core/storage/sqlite/group_writer.h"
#include "core/storage/sqlite/reader_pool.h"

namespace vestnik::storage::sqlite {
namespace {

// For an owner who did not close the storage himself.
constexpr std::chrono::seconds kDefaultDeadline{10};

std::vector<Connection> open_readers(const StorageConfig& config) {
  std::vector<Connection> readers;
  for (std::uint32_t i = 0; i < std::max(config.readers, 1U); ++i)
    readers.push_back(open_reader(config.path));
  return readers;
}

class SqliteStorage final : public Storage {
 public:
  // The writer's connection comes first, because it brings the schema; its thread starts last, because it is
  // what gives the others work.
  SqliteStorage(const StorageConfig& config, Events events, const Tuning& tuning, Connection writer)
      : readers_(open_readers(config), tuning.max_queued_reads),
        backups_(config.path),
        checkpointer_(open_maintenance(config.path), tuning, [this] { writer_.request_checkpoint(); }),
        writer_(std::move(writer), {.tuning = tuning, .max_queued_bytes = config.queue_bytes},
                {.settled = [this](WriteSeq last) { readers_.settled(last); },
                 .log_grew = [this](std::uint64_t bytes) { checkpointer_.log_grew(bytes); },
                 .events = std::move(events)}) {}

  ~SqliteStorage() override { SqliteStorage::close(kDefaultDeadline); }

  bool accepting() const override { return writer_.accepting(); }

  bool congested() const override { return writer_.congested(); }

  Status status() const override {
    Status status = writer_.status();
    status.queued_reads = readers_.queued();
    return status;
  }

  void backup(std::filesystem::path target,
              std::move_only_function<void(Result<void, Error>)> done) override {
    backups_.start(std::move(target), std::move(done));
  }

  // Reads come after the writes they may wait for. The last connection to go copies and removes the log.
  void close(std::chrono::milliseconds deadline) override {
    std::call_once(closed_, [&] {
      const auto until = std::chrono::steady_clock::now() + deadline;
      writer_.close(until);
      readers_.close(until);
      backups_.close();
      checkpointer_.close();
    });
  }

 protected:
  void submit_read(WriteSeq after, std::unique_ptr<Job> job) override {
    readers_.submit(after, std::move(job));
  }
  WriteSeq submit_write(WriteTag tag, std::unique_ptr<Job> job) override {
    return writer_.submit(std::move(tag), std::move(job));
  }

 private:
  std::once_flag closed_;
  ReaderPool readers_;
  BackupRunner backups_;
  Checkpointer checkpointer_;
  GroupWriter writer_;
};

}  // namespace

std::unique_ptr<Storage> open_sqlite_storage(const StorageConfig& config, Events events,
                                             const Tuning& tuning) {
  Connection writer = open_writer(config.path, config.durability);
  return std::make_unique<SqliteStorage>(config, std::move(events), tuning, std::move(writer));
}

}  // namespace vestnik::storage::sqlite
