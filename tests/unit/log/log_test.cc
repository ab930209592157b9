#include "core/log/log.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <type_traits>
#include <vector>

#include "core/log/line.h"
#include "proto/base/secret.h"
#include "tests/unit/config/temp_dir.h"

using namespace vestnik;

namespace {

const std::chrono::system_clock::time_point kNow{std::chrono::milliseconds(1'763'878'800'123)};

std::string line(LineStyle style, LogLevel level, std::string_view event, LogFields fields) {
  fmt::memory_buffer out;
  append_line(out, style, kNow, level, event, fields);
  return fmt::to_string(out);
}

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::vector<std::string> lines;
  for (std::string text; std::getline(stream, text);) lines.push_back(text);
  return lines;
}

}  // namespace

static_assert(!std::is_constructible_v<LogValue, const Secret&>, "a secret cannot be logged");
static_assert(!fmt::is_formattable<Secret>::value, "nor formatted");

TEST_CASE("the three styles of a line") {
  const std::string jid = "a@b";
  CHECK(line(LineStyle::text, LogLevel::info, "c2s.login", {{"jid", jid}, {"n", 3}, {"ok", true}}) ==
        "2025-11-23T06:20:00.123Z info  c2s.login jid=a@b n=3 ok=true");
  CHECK(line(LineStyle::json, LogLevel::warn, "c2s.login",
             {{"jid", jid}, {"n", -3}, {"share", 0.5}, {"ok", false}}) ==
        R"({"time":"2025-11-23T06:20:00.123Z","level":"warn","event":"c2s.login",)"
        R"("jid":"a@b","n":-3,"share":0.5,"ok":false})");
  CHECK(line(LineStyle::journal, LogLevel::error, "store.failed", {{"path", "/x"}}) ==
        "<3>store.failed path=/x");
}

TEST_CASE("values cannot break or forge lines") {
  struct Case {
    std::string_view value;
    std::string_view text;
  };
  const Case cases[] = {
      {"plain-text/1", "plain-text/1"},
      {"", R"("")"},
      {"two words", R"("two words")"},
      {"a=b", R"("a=b")"},
      {R"(q"\)", R"("q\"\\")"},
      {"x\n2025 info forged", R"("x\u000a2025 info forged")"},
      {std::string_view("\0\x1b[2J\x7f", 6), R"("\u0000\u001b[2J\u007f")"},
      {"\xc2\x9b"
       "31m",
       R"("\u009b31m")"},
      {"\xe2\x80\xa8", R"("\u2028")"},
      {"жук", "\"жук\""},
      {"\xff\xc3", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
  };
  for (const Case& c : cases) {
    CHECK(line(LineStyle::journal, LogLevel::info, "e", {{"k", c.value}}) == "<6>e k=" + std::string(c.text));
  }
}

TEST_CASE("lines of the level and above reach the file, complete and in order per thread") {
  const TempDir dir;
  const LogConfig config{.file = dir.path() / "a.log", .queue_lines = 65'536};
  constexpr int kLines = 1'000;
  {
    Log log(config);
    log.debug("hidden");
    CHECK_FALSE(log.enabled(LogLevel::debug));
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&log, t] {
        for (int i = 0; i < kLines; ++i) log.info("event", {{"thread", t}, {"i", i}});
      });
    }
    threads.clear();
    log.set_level(LogLevel::debug);
    log.debug("shown");
    CHECK(log.dropped() == 0);
  }
  const std::vector<std::string> lines = lines_of(config.file);
  REQUIRE(lines.size() == 4 * kLines + 1);
  std::vector<int> next(4, 0);
  for (std::size_t n = 0; n + 1 < lines.size(); ++n) {
    const std::size_t thread = static_cast<std::size_t>(lines[n].at(lines[n].find("thread=") + 7) - '0');
    CHECK(lines[n].ends_with(fmt::format("event thread={} i={}", thread, next.at(thread)++)));
  }
  CHECK(lines.back().ends_with("debug shown"));
}

TEST_CASE("reopen follows a rotated file and a new level; a file that cannot be opened changes nothing") {
  const TempDir dir;
  LogConfig config{.file = dir.path() / "a.log"};
  {
    Log log(config);
    log.info("before");
    std::filesystem::rename(config.file, dir.path() / "a.log.1");
    config.level = LogLevel::warn;
    log.reopen(config);
    log.info("hidden");
    log.warn("after");
    LogConfig broken = config;
    broken.file = config.file + "/below-a-file.log";
    broken.level = LogLevel::trace;
    CHECK_THROWS(log.reopen(broken));
    CHECK(log.level() == LogLevel::warn);
    log.warn("still");
  }
  const std::vector<std::string> lines = lines_of(config.file);
  REQUIRE(lines.size() >= 2);
  CHECK(lines[lines.size() - 2].ends_with("warn  after"));
  CHECK(lines.back().ends_with("warn  still"));
}

TEST_CASE("a log that cannot keep up drops lines, counts them, and never blocks") {
  const TempDir dir;
  const std::filesystem::path pipe = dir.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::ifstream reader;
  std::jthread opener([&] { reader.open(pipe); });  // both ends of a pipe open together
  auto log = std::make_unique<Log>(LogConfig{.file = pipe, .queue_lines = 128});
  opener.join();
  // 64 KiB fit into the pipe and nobody reads: the writing thread stands still.
  const std::string padding(1'000, 'x');
  for (int i = 0; i < 1'000; ++i) log->info("event", {{"i", i}, {"padding", padding}});
  CHECK(log->dropped() > 0);
  std::jthread drain([&] { std::string(std::istreambuf_iterator<char>(reader), {}); });
  log.reset();
}
