#include "bench/report/report.h"

#include <fmt/format.h>

#include <array>
#include <boost/json/src.hpp>  // the library's only user here, so that nothing needs to be linked
#include <string_view>

namespace vestnik::bench {
namespace {

struct Quantile {
  std::string_view name;
  double fraction;
};
constexpr std::array kQuantiles = {Quantile{"p50", 0.50}, Quantile{"p95", 0.95}, Quantile{"p99", 0.99},
                                   Quantile{"p99.9", 0.999}};

double seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

double per(std::chrono::nanoseconds duration, std::uint64_t count) {
  return count == 0 ? 0 : seconds(duration) / static_cast<double>(count);
}

std::string human_time(double value) {
  if (value < 1e-3) return fmt::format("{:.1f} us", value * 1e6);
  if (value < 1) return fmt::format("{:.2f} ms", value * 1e3);
  return fmt::format("{:.2f} s", value);
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = std::ssize(digits) - 3; at > 0; at -= 3) digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

void append_line(std::string& out, std::string_view name, std::string_view text) {
  fmt::format_to(std::back_inserter(out), "  {:<16}{}\n", name, text);
}

double rate(const Report& report) {
  const double time = seconds(report.measured);
  return time > 0 ? static_cast<double>(report.operations) / time : 0;
}

std::optional<double> bytes_per_session(const Report& report) {
  if (!report.pss_before || !report.pss_after || report.sessions == 0) return std::nullopt;
  return (static_cast<double>(*report.pss_after) - static_cast<double>(*report.pss_before)) /
         static_cast<double>(report.sessions);
}

std::string cpu_line(const Report& report, std::chrono::nanoseconds cpu) {
  std::string share = fmt::format("{:.0f} % of one core", 100 * seconds(cpu) / seconds(report.measured));
  if (report.operations == 0) return share;
  return fmt::format("{} per {} ({})", human_time(per(cpu, report.operations)), report.operation, share);
}

void append_figures(std::string& out, const Report& report) {
  if (report.operations != 0) {
    append_line(out, "rate",
                fmt::format("{} {}s/s ({} in {:.1f} s)", grouped(static_cast<std::uint64_t>(rate(report))),
                            report.operation, grouped(report.operations), seconds(report.measured)));
    std::string quantiles;
    for (const auto& [name, fraction] : kQuantiles) {
      fmt::format_to(std::back_inserter(quantiles), "{} {}  ", name,
                     human_time(seconds(report.latency.percentile(fraction))));
    }
    append_line(out, "latency",
                fmt::format("{}max {}", quantiles, human_time(seconds(report.latency.max()))));
  }
  if (report.server_cpu) append_line(out, "server CPU", cpu_line(report, *report.server_cpu));
  append_line(out, "client CPU", cpu_line(report, report.client_cpu));
  if (report.pss_before && report.pss_after) {
    std::string memory =
        fmt::format("{:.1f} MB before, {:.1f} MB after", static_cast<double>(*report.pss_before) / 1e6,
                    static_cast<double>(*report.pss_after) / 1e6);
    if (const auto bytes = bytes_per_session(report); bytes && *bytes > 0) {
      fmt::format_to(std::back_inserter(memory), ": {:.1f} KB for each of {} sessions", *bytes / 1e3,
                     grouped(report.sessions));
    }
    append_line(out, "server memory", memory);
  }
}

void append_errors(std::string& out, const Report& report) {
  if (!report.aborted.empty()) append_line(out, "ended early", report.aborted);
  for (const auto& [what, failure] : report.failures) {
    append_line(out, "error",
                fmt::format("{} ({} time{}, first {})", what, failure.count, failure.count == 1 ? "" : "s",
                            failure.first_user));
  }
}

boost::json::object figures(const Report& report) {
  boost::json::object json{{"prepare_seconds", seconds(report.preparing)},
                           {"seconds", seconds(report.measured)},
                           {"operations", report.operations},
                           {"rate", rate(report)},
                           {"client_cpu", seconds(report.client_cpu)},
                           {"client_cpu_per_operation", per(report.client_cpu, report.operations)},
                           {"sessions", report.sessions}};
  boost::json::object latency{{"max", seconds(report.latency.max())}};
  for (const auto& [name, fraction] : kQuantiles)
    latency[name] = seconds(report.latency.percentile(fraction));
  json["latency"] = std::move(latency);
  boost::json::array timeline;
  for (const Second& second : report.timeline) {
    timeline.push_back(
        {{"operations", second.operations}, {"p50", seconds(second.p50)}, {"p99", seconds(second.p99)}});
  }
  json["timeline"] = std::move(timeline);
  if (report.server_cpu) {
    json["server_cpu"] = seconds(*report.server_cpu);
    json["server_cpu_per_operation"] = per(*report.server_cpu, report.operations);
  }
  if (report.pss_before) json["pss_before"] = *report.pss_before;
  if (report.pss_after) json["pss_after"] = *report.pss_after;
  if (const auto bytes = bytes_per_session(report)) json["bytes_per_session"] = *bytes;
  return json;
}

}  // namespace

std::string to_table(const Report& report) {
  std::string out = fmt::format("{}{}{}: {}, {} users, {} thread{}\n", report.label,
                                report.label.empty() ? "" : " ", report.scenario, report.setting,
                                grouped(report.users), report.threads, report.threads == 1 ? "" : "s");
  if (report.ok()) {
    append_figures(out, report);
  } else {
    append_errors(out, report);
  }
  if (report.order.any()) {
    append_line(out, "order",
                fmt::format("{} lost, {} duplicated, {} reordered", grouped(report.order.lost),
                            grouped(report.order.duplicated), grouped(report.order.reordered)));
  }
  return out;
}

std::string to_json(const Report& report) {
  boost::json::object json{{"ok", report.ok()},
                           {"label", report.label},
                           {"scenario", report.scenario},
                           {"setting", report.setting},
                           {"operation", report.operation},
                           {"users", report.users},
                           {"threads", report.threads},
                           {"lost", report.order.lost},
                           {"duplicated", report.order.duplicated},
                           {"reordered", report.order.reordered}};
  if (report.ok()) {
    json["result"] = figures(report);
    return boost::json::serialize(json);
  }
  if (!report.aborted.empty()) json["aborted"] = report.aborted;
  boost::json::array errors;
  for (const auto& [what, failure] : report.failures) {
    errors.push_back({{"what", what}, {"count", failure.count}, {"first_user", failure.first_user}});
  }
  json["errors"] = std::move(errors);
  return boost::json::serialize(json);
}

}  // namespace vestnik::bench
