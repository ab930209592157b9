#include "bench/report/page.h"

#include <doctest/doctest.h>

#include "bench/report/chart.h"
#include "bench/report/report.h"

namespace vestnik::bench {
namespace {

using std::chrono::milliseconds;

Report run_of(const std::string& label) {
  Report report;
  report.label = label;
  report.scenario = "chat";
  report.setting = "window 1";
  report.operation = "message";
  report.measured = std::chrono::seconds(2);
  report.operations = 3'000;
  report.latency.record(milliseconds(3));
  report.server_cpu = milliseconds(30);
  report.timeline = {{.operations = 1'000, .p50 = milliseconds(1), .p99 = milliseconds(2)},
                     {.operations = 2'000, .p50 = milliseconds(2), .p99 = milliseconds(4)}};
  return report;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("runs of one kind are put side by side, with lines over time") {
  const auto page = to_html({to_json(run_of("one & only")), to_json(run_of("other"))});
  REQUIRE(page);
  CHECK(has(*page, "one &amp; only"));
  CHECK_FALSE(has(*page, "one & only"));
  CHECK(has(*page, "Throughput over time"));
  CHECK(has(*page, "<td>1,500"));
  CHECK(has(*page, "<rect"));
  const auto first = page->find("<h2>");
  CHECK(page->find("<h2>", first + 1) == std::string::npos);
}

TEST_CASE("a run that failed says why and has no figures") {
  Report report = run_of("broken");
  report.order.lost = 7;
  report.failures["STARTTLS: the server does not offer it"] = {.count = 1, .first_user = "bench0"};
  const auto page = to_html({to_json(report)});
  REQUIRE(page);
  CHECK(has(*page, "STARTTLS: the server does not offer it lost 7"));
  CHECK_FALSE(has(*page, "<rect"));
}

TEST_CASE("what is no run is refused") {
  for (const std::string text : {"", "{}", "[]", R"({"label":1})", "not JSON"}) CHECK_FALSE(to_html({text}));
}

TEST_CASE("numbers are brief") {
  struct Case {
    double value;
    std::string expected;
  };
  for (const auto& [value, expected] :
       {Case{0, "0"}, Case{0.01234, "0.0123"}, Case{4.5678, "4.57"}, Case{78.94, "78.9"}, Case{123.4, "123"},
        Case{1234567, "1,234,567"}}) {
    CHECK(brief(value) == expected);
  }
}

}  // namespace
}  // namespace vestnik::bench
