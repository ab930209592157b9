#pragma once
#include <libpq-fe.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/storage/error.h"

namespace vestnik::storage::postgresql {

/// Closes with PQfinish.
struct CloseConnection {
  void operator()(PGconn* handle) const noexcept { PQfinish(handle); }
};
using Handle = std::unique_ptr<PGconn, CloseConnection>;

/// The database server behind a URL, as all connections to it see it: where it is, and when it may be asked
/// for the next one. While it cannot be reached, the time between two attempts grows, whoever makes them. Any
/// thread.
class Server {
 public:
  using Clock = std::chrono::steady_clock;

  /// Throws Failure if the URL cannot be understood, without quoting it: it may hold a password.
  explicit Server(const std::string& url);

  /// For people, without the password: `postgresql://vestnik@db.example:5432/chat`.
  const std::string& name() const { return name_; }

  /// Connects, for as long as libpq's `connect_timeout` (5 s unless the URL has another). Throws Failure
  /// (io), at once if the last attempt failed a moment ago.
  Handle connect();
  /// Tries until it succeeds or `deadline` has passed.
  Handle connect_until(Clock::time_point deadline);

 private:
  struct Option {
    std::string key;
    std::string value;
  };

  Handle attempt() const;

  std::string name_;
  std::vector<Option> options_;
  std::mutex mutex_;
  std::condition_variable due_;  // nobody notifies it: it is waited on for a time
  std::chrono::milliseconds pause_{0};
  Clock::time_point next_attempt_;
  std::string last_error_;
};

}  // namespace vestnik::storage::postgresql
