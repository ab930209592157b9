#pragma once
#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "core/config/config.h"
#include "proto/jid/jid.h"

namespace vestnik {

class Secret;

/// The value of a field: a number, a truth value or a text that lives at least as long as the call. Secrets
/// have none.
class LogValue {
 public:
  using Variant = std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view>;

  LogValue(bool value) : value_(value) {}  // NOLINT(google-explicit-constructor)
  LogValue(std::signed_integral auto value)
      : value_(std::int64_t{value}) {}  // NOLINT(google-explicit-constructor)
  LogValue(std::unsigned_integral auto value)
      : value_(std::uint64_t{value}) {}                                // NOLINT(google-explicit-constructor)
  LogValue(std::floating_point auto value) : value_(double{value}) {}  // NOLINT(google-explicit-constructor)
  LogValue(std::string_view value) : value_(value) {}                  // NOLINT(google-explicit-constructor)
  LogValue(const std::string& value)
      : value_(std::string_view(value)) {}                          // NOLINT(google-explicit-constructor)
  LogValue(const char* value) : value_(std::string_view(value)) {}  // NOLINT(google-explicit-constructor)
  LogValue(JidView value) : value_(value.full()) {}                 // NOLINT(google-explicit-constructor)
  LogValue(const Jid& value)
      : value_(std::string_view(value.full())) {}  // NOLINT(google-explicit-constructor)
  LogValue(const Secret&) = delete;

  const Variant& get() const { return value_; }

 private:
  Variant value_;
};

/// `{"jid", jid}`. Keys are snake_case; a unit belongs to the key (`took_ms`).
struct LogField {
  std::string_view key;
  LogValue value;
};

using LogFields = std::initializer_list<LogField>;

/// Structured log lines: an event's dotted name (`c2s.login`) and fields. One object for the process, made by
/// the app and handed down by reference; every function may be called from any thread. A line is formatted by
/// the caller and written by the log's own thread: a slow disk never holds up a shard, the oldest waiting
/// lines are dropped and counted instead.
class Log {
 public:
  /// Opens the file, or stderr if none is named. Throws std::runtime_error if that fails.
  explicit Log(const LogConfig& config);
  /// Writes what is waiting.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  bool enabled(LogLevel level) const { return level >= level_.load(std::memory_order_relaxed); }

  /// Nothing happens unless the level is enabled.
  void write(LogLevel level, std::string_view event, LogFields fields = {}) {
    if (enabled(level)) write_enabled(level, event, fields);
  }
  void trace(std::string_view event, LogFields fields = {}) { write(LogLevel::trace, event, fields); }
  void debug(std::string_view event, LogFields fields = {}) { write(LogLevel::debug, event, fields); }
  void info(std::string_view event, LogFields fields = {}) { write(LogLevel::info, event, fields); }
  void warn(std::string_view event, LogFields fields = {}) { write(LogLevel::warn, event, fields); }
  void error(std::string_view event, LogFields fields = {}) { write(LogLevel::error, event, fields); }

  LogLevel level() const { return level_.load(std::memory_order_relaxed); }
  void set_level(LogLevel level) { level_.store(level, std::memory_order_relaxed); }

  /// Takes over level and format, and opens the file anew (log rotation). Throws like the constructor, then
  /// nothing has changed.
  void reopen(const LogConfig& config);
  /// Lines dropped because the disk did not keep up.
  std::uint64_t dropped() const;

 private:
  class Writer;
  void write_enabled(LogLevel level, std::string_view event, LogFields fields);

  std::atomic<LogLevel> level_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace vestnik
