#pragma once
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "core/storage/error.h"

namespace vestnik::storage::sqlite {

/// Copies the database at `source`, as it is at this moment, to a new file, and syncs it. It has its final
/// name only when it is complete. Ends with `closed` when asked to stop.
Result<void, Error> copy_database(const std::string& source, const std::filesystem::path& target,
                                  const std::stop_token& stop);

/// Runs backups on a thread of their own, one at a time.
class BackupRunner {
 public:
  using Done = std::move_only_function<void(Result<void, Error>)>;

  explicit BackupRunner(std::string source);
  ~BackupRunner() { close(); }
  BackupRunner(const BackupRunner&) = delete;
  BackupRunner& operator=(const BackupRunner&) = delete;

  /// Any thread.
  void start(std::filesystem::path target, Done done);
  /// Breaks off what is running, which is then answered `closed`. May be called again.
  void close();

 private:
  struct Request {
    std::filesystem::path target;
    Done done;
  };

  void run(const std::stop_token& stop);

  const std::string source_;
  std::mutex mutex_;
  std::condition_variable_any request_changed_;
  std::optional<Request> request_;
  bool running_ = false;
  bool closing_ = false;
  std::jthread thread_;  // last: it uses the rest
};

}  // namespace vestnik::storage::sqlite
