#include "bench/report/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "bench/report/chart.h"

namespace vestnik::bench {
namespace {

namespace json = boost::json;

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>vestnik-bench</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1320px; margin: 2em auto; padding: 0 1em; }
:root { color-scheme: light dark; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 1.5em; }
svg { width: 100%; font: 12px system-ui, sans-serif; }
svg text { fill: currentColor; } svg .title { font-weight: 600; font-size: 14px; }
svg .unit { font-weight: 400; } svg .tick { text-anchor: end; }
svg .grid { stroke: currentColor; opacity: .2; } svg polyline { fill: none; stroke-width: 2; }
table { border-collapse: collapse; } td, th { padding: .1em 1em .1em 0; text-align: right; }
td:first-child, th:first-child { text-align: left; }
.swatch { display: inline-block; width: .8em; height: .8em; }
.bad { color: #c33; }
</style>
<h1>vestnik-bench</h1>
)";

/// What the page shows of one run.
struct Run {
  std::string label;
  std::string title;  ///< scenario and setting: runs that share it are put side by side
  std::string operation;
  std::string error;  ///< why there are no figures, if so
  double rate = 0;
  double p50 = 0, p99 = 0;  ///< seconds
  double server_cpu = 0;    ///< seconds per operation; 0: not known
  double session_bytes = 0;
  Series rates, latencies;  ///< operations and p99 in ms, second by second
};

double number(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr ? 0 : value->to_number<double>();
}

std::string text(const json::object& object, std::string_view key) {
  return std::string(std::string_view(object.at(key).as_string()));
}

std::string describe_errors(const json::object& run) {
  std::string out;
  if (const json::value* aborted = run.if_contains("aborted")) out.append(aborted->as_string()).append(" ");
  if (const json::value* errors = run.if_contains("errors")) {
    for (const json::value& error : errors->as_array()) out += text(error.as_object(), "what") + " ";
  }
  for (const std::string_view what : {"lost", "duplicated", "reordered"}) {
    if (number(run, what) > 0) fmt::format_to(std::back_inserter(out), "{} {} ", what, number(run, what));
  }
  return out;
}

Run read_run(const json::object& object) {
  Run run{};
  run.label = text(object, "label");
  run.title = fmt::format("{}: {}, {} users", text(object, "scenario"), text(object, "setting"),
                          number(object, "users"));
  run.operation = text(object, "operation");
  const json::value* found = object.if_contains("result");
  if (found == nullptr) {
    run.error = describe_errors(object);
    return run;
  }
  const json::object& result = found->as_object();
  const json::object& latency = result.at("latency").as_object();
  run.rate = number(result, "rate");
  run.p50 = number(latency, "p50");
  run.p99 = number(latency, "p99");
  run.server_cpu = number(result, "server_cpu_per_operation");
  run.session_bytes = number(result, "bytes_per_session");
  for (const json::value& second : result.at("timeline").as_array()) {
    run.rates.values.push_back(number(second.as_object(), "operations"));
    run.latencies.values.push_back(number(second.as_object(), "p99") * 1e3);
  }
  return run;
}

/// Bars of one figure; a server that ran several times has the middle one of its values.
std::vector<Series> side_by_side(const std::vector<Run>& runs,
                                 const std::map<std::string, std::size_t>& colours, double Run::* figure,
                                 double scale) {
  std::map<std::string, std::vector<double>> values;
  for (const Run& run : runs) {
    if (run.error.empty()) values[run.label].push_back(run.*figure * scale);
  }
  std::vector<Series> bars;
  for (auto& [label, all] : values) {
    std::ranges::sort(all);
    bars.push_back({.label = label, .values = {all[all.size() / 2]}, .colour = colours.at(label)});
  }
  std::ranges::sort(bars, {}, [](const Series& bar) { return bar.values.front(); });
  return bars;
}

std::vector<Series> lines(const std::vector<Run>& runs, const std::map<std::string, std::size_t>& colours,
                          Series Run::* values) {
  std::vector<Series> series;
  for (const Run& run : runs) {
    series.push_back(run.*values);
    series.back().label = run.label;
    series.back().colour = colours.at(run.label);
  }
  return series;
}

std::string table(const std::vector<Run>& runs, const std::map<std::string, std::size_t>& colours) {
  std::string out =
      "<table><tr><th>server<th>rate, /s<th>p50, ms<th>p99, ms<th>server CPU, us<th>KB per session\n";
  for (const Run& run : runs) {
    fmt::format_to(std::back_inserter(out), "<tr><td><span class='swatch' style='background:{}'></span> {}",
                   colour(colours.at(run.label)), escaped(run.label));
    if (!run.error.empty()) {
      fmt::format_to(std::back_inserter(out), "<td colspan='5' class='bad'>{}\n", escaped(run.error));
      continue;
    }
    for (const double value :
         {run.rate, run.p50 * 1e3, run.p99 * 1e3, run.server_cpu * 1e6, run.session_bytes / 1e3}) {
      out.append("<td>").append(value > 0 ? brief(value) : "-");
    }
    out += '\n';
  }
  return out + "</table>\n";
}

std::string section(const std::string& title, const std::vector<Run>& runs,
                    const std::map<std::string, std::size_t>& colours) {
  const std::string& operation = runs.front().operation;
  return fmt::format(
      "<h2>{}</h2>\n{}<div class='charts'>\n{}\n{}\n{}\n{}\n</div>\n", escaped(title), table(runs, colours),
      bar_chart("Server CPU", "us per " + operation, side_by_side(runs, colours, &Run::server_cpu, 1e6)),
      bar_chart("Throughput", operation + "s per second", side_by_side(runs, colours, &Run::rate, 1)),
      line_chart("Throughput over time", operation + "s per second", lines(runs, colours, &Run::rates)),
      line_chart("p99 latency over time", "ms", lines(runs, colours, &Run::latencies)));
}

}  // namespace

Result<std::string, std::string> to_html(const std::vector<std::string>& runs) {
  std::vector<std::pair<std::string, std::vector<Run>>> groups;  // in the order of the runs
  std::map<std::string, std::size_t> colours;
  for (const std::string& given : runs) {
    Run run;
    try {
      run = read_run(json::parse(given).as_object());
    } catch (const std::exception& error) {
      return Err(fmt::format("that is no run as --json writes it: {}", error.what()));
    }
    colours.try_emplace(run.label, colours.size());
    auto group = std::ranges::find(groups, run.title, &decltype(groups)::value_type::first);
    if (group == groups.end()) group = groups.insert(group, {run.title, {}});
    group->second.push_back(std::move(run));
  }
  std::string page(kHead);
  for (const auto& [title, group] : groups) page += section(title, group, colours);
  return page;
}

}  // namespace vestnik::bench
