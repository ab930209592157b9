#include "core/storage/engine/engine.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace vestnik::storage {
namespace {

// For an owner who did not close the storage himself.
constexpr std::chrono::seconds kDefaultDeadline{10};

std::vector<std::unique_ptr<Session>> open_readers(Backend& backend, std::uint32_t count) {
  std::vector<std::unique_ptr<Session>> readers;
  for (std::uint32_t i = 0; i < std::max(count, 1U); ++i) readers.push_back(backend.open_reader());
  return readers;
}

}  // namespace

Engine::Engine(std::unique_ptr<Backend> backend, const StorageConfig& config, Events events,
               const Tuning& tuning)
    : backend_(std::move(backend)),
      opened_(backend_->open_writer()),
      readers_(open_readers(*backend_, config.readers), tuning.max_queued_reads,
               [this] { writer_.suspect(); }),
      writer_(std::move(opened_), {.tuning = tuning, .max_queued_bytes = config.queue_bytes},
              {.settled = [this](WriteSeq last) { readers_.settled(last); }, .events = std::move(events)}) {}

Engine::~Engine() { Engine::close(kDefaultDeadline); }

Status Engine::status() const {
  Status status = writer_.status();
  status.queued_reads = readers_.queued();
  return status;
}

void Engine::backup(std::filesystem::path target, std::move_only_function<void(Result<void, Error>)> done) {
  backend_->backup(std::move(target), std::move(done));
}

// Reads come after the writes they may wait for.
void Engine::close(std::chrono::milliseconds deadline) {
  std::call_once(closed_, [&] {
    const auto until = std::chrono::steady_clock::now() + deadline;
    writer_.close(until);
    readers_.close(until);
    backend_->close();
  });
}

void Engine::submit_read(WriteSeq after, std::unique_ptr<Job> job) { readers_.submit(after, std::move(job)); }

WriteSeq Engine::submit_write(WriteTag tag, std::unique_ptr<Job> job) {
  return writer_.submit(std::move(tag), std::move(job));
}

}  // namespace vestnik::storage
