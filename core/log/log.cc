#include "core/log/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "core/log/line.h"

namespace vestnik {
namespace {

/// Whether stderr is a journal's stream (sd-journald says which file that is in JOURNAL_STREAM).
bool stderr_is_journal() {
  const char* stream =
      std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe): nothing here writes to it
  struct stat status{};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return stream == fmt::format("{}:{}", status.st_dev, status.st_ino);
}

LineStyle style_for(const LogConfig& config) {
  if (config.format == LogFormat::json) return LineStyle::json;
  return config.file.empty() && stderr_is_journal() ? LineStyle::journal : LineStyle::text;
}

spdlog::sink_ptr open_sink(const LogConfig& config) {
  if (config.file.empty()) return std::make_shared<spdlog::sinks::stderr_sink_mt>();
  return std::make_shared<spdlog::sinks::basic_file_sink_mt>(config.file);
}

}  // namespace

/// The thread that writes, its queue, and where it writes to.
class Log::Writer {
 public:
  explicit Writer(const LogConfig& config)
      : pool_(std::make_shared<spdlog::details::thread_pool>(config.queue_lines, 1)),
        sink_(std::make_shared<spdlog::sinks::dist_sink_mt>()),
        logger_(std::make_shared<spdlog::async_logger>("vestnik", sink_, pool_,
                                                       spdlog::async_overflow_policy::overrun_oldest)) {
    logger_->set_level(spdlog::level::trace);  // Log decides
    logger_->flush_on(spdlog::level::trace);   // by the writing thread
    open(config);
  }

  void open(const LogConfig& config) {
    spdlog::sink_ptr target = open_sink(config);
    target->set_pattern("%v");
    sink_->set_sinks({std::move(target)});
    style_.store(style_for(config), std::memory_order_relaxed);
  }

  void write(LogLevel level, std::string_view event, LogFields fields) {
    fmt::memory_buffer line;
    append_line(line, style_.load(std::memory_order_relaxed), std::chrono::system_clock::now(), level, event,
                fields);
    logger_->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  }

  std::uint64_t dropped() const { return pool_->overrun_counter(); }

 private:
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::sinks::dist_sink_mt> sink_;
  std::shared_ptr<spdlog::async_logger> logger_;
  std::atomic<LineStyle> style_{LineStyle::text};
};

Log::Log(const LogConfig& config) : level_(config.level), writer_(std::make_unique<Writer>(config)) {}

Log::~Log() = default;

void Log::reopen(const LogConfig& config) {
  writer_->open(config);
  set_level(config.level);
}

std::uint64_t Log::dropped() const { return writer_->dropped(); }

void Log::write_enabled(LogLevel level, std::string_view event, LogFields fields) {
  writer_->write(level, event, fields);
}

}  // namespace vestnik
