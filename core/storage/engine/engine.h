#pragma once
#include <cstddef>
#include <memory>
#include <mutex>

#include "core/storage/engine/backend.h"
#include "core/storage/engine/group_writer.h"
#include "core/storage/engine/reader_pool.h"
#include "core/storage/storage.h"

namespace vestnik::storage {

/// The Storage over any back-end: one thread that writes, some that read.
class Engine final : public Storage {
 public:
  /// Opens all sessions. Throws Failure.
  Engine(std::unique_ptr<Backend> backend, const StorageConfig& config, Events events, const Tuning& tuning);
  ~Engine() override;

  bool accepting() const override { return writer_.accepting(); }
  bool congested() const override { return writer_.congested(); }
  Status status() const override;
  void backup(std::filesystem::path target, std::move_only_function<void(Result<void, Error>)> done) override;
  void close(std::chrono::milliseconds deadline) override;

 protected:
  void submit_read(WriteSeq after, std::unique_ptr<Job> job) override;
  WriteSeq submit_write(WriteTag tag, std::unique_ptr<Job> job) override;

 private:
  std::once_flag closed_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<WriteSession> opened_;  // before the readers; then it is the writer's
  ReaderPool readers_;
  GroupWriter writer_;  // last: its thread gives the readers work
};

}  // namespace vestnik::storage
