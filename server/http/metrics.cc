#include "server/http/metrics.h"

#include <prometheus/text_serializer.h>

#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include "core/config/version.h"
#include "core/io/network_match.h"
#include "server/admin/memory_report.h"
#include "server/admin/shard_calls.h"
#include "server/admin/shard_survey.h"
#include "shard/s2s/s2s_shard.h"

namespace vestnik::http {
namespace {

using admin::AdminContext;
using admin::MemoryPart;
using admin::ShardLine;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr std::string_view kFormat = "text/plain; version=0.0.4; charset=utf-8";

MetricFamily family(std::string name, MetricType type, std::string help) {
  MetricFamily made;
  made.name = "vestnik_" + std::move(name);
  made.help = std::move(help);
  made.type = type;
  return made;
}

template <typename Number>
void add(MetricFamily& family, Labels labels, Number value) {
  ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) =
      static_cast<double>(value);
}

template <typename Number>
MetricFamily single(std::string name, MetricType type, std::string help, Number value) {
  MetricFamily made = family(std::move(name), type, std::move(help));
  add(made, {}, value);
  return made;
}

double seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

void add(MetricFamily& family, Labels labels, const DurationHistogram& durations) {
  ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  std::uint64_t total = 0;
  for (std::size_t step = 0; step < durations.counts().size(); ++step) {
    total += durations.counts().at(step);
    const double bound = step < DurationHistogram::kBounds.size()
                             ? seconds(DurationHistogram::kBounds.at(step))
                             : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back({total, bound});
  }
  metric.histogram.sample_count = total;
  metric.histogram.sample_sum = seconds(durations.sum());
}

/// How an S2S shard is doing.
struct S2sLine {
  std::map<std::string_view, std::size_t> links;  ///< by state
  std::size_t streams = 0;
  std::size_t queued_bytes = 0;
};

S2sLine look_at(S2sShard& shard) {
  S2sLine line{.links = {{"idle", 0}, {"connecting", 0}, {"open", 0}}, .streams = shard.streams().size()};
  for (const auto& [domains, link] : shard.links()) {
    switch (link->state()) {
      case s2s::Link::State::idle: ++line.links["idle"]; break;
      case s2s::Link::State::connecting: ++line.links["connecting"]; break;
      case s2s::Link::State::open: ++line.links["open"]; break;
    }
    line.queued_bytes += link->queued_bytes();
  }
  return line;
}

/// All that is asked for one answer.
struct Findings {
  std::vector<ShardLine> lines;
  std::vector<ShardCounters> counters;
  std::vector<S2sLine> servers;
  storage::Status store;
};

void add_sessions(std::vector<MetricFamily>& all, const Findings& found) {
  MetricFamily sessions = family("sessions", MetricType::Gauge, "Sessions of clients by their transport.");
  MetricFamily accounts = family("accounts_loaded", MetricType::Gauge, "Accounts in memory.");
  MetricFamily waiting =
      family("mailbox_bytes", MetricType::Gauge, "Bytes that wait for a shard in its mailbox.");
  MetricFamily parked =
      family("parked_bytes", MetricType::Gauge, "Bytes of stanzas that wait for an account to be loaded.");
  for (std::size_t i = 0; i < found.lines.size(); ++i) {
    const ShardLine& line = found.lines[i];
    const std::string shard = std::to_string(i);
    const auto by = [&](const char* transport) { return Labels{{"shard", shard}, {"transport", transport}}; };
    add(sessions, by("tcp"), line.sessions - line.web_sockets - line.sleeping);
    add(sessions, by("websocket"), line.web_sockets);
    add(sessions, by("sleeping"), line.sleeping);
    add(accounts, {{"shard", shard}}, line.accounts);
    add(waiting, {{"shard", shard}}, line.mailbox_bytes);
    add(parked, {{"shard", shard}}, line.parked);
  }
  all.insert(all.end(), {std::move(sessions), std::move(accounts), std::move(waiting), std::move(parked)});
}

void add_stanzas(std::vector<MetricFamily>& all, const Findings& found) {
  using enum StanzaKind;
  MetricFamily stanzas = family("stanzas_total", MetricType::Counter,
                                "Stanzas from clients (in) and to clients (out), by kind.");
  MetricFamily bounced = family("stanzas_bounced_total", MetricType::Counter,
                                "Stanzas that were answered with an error instead, by its condition.");
  MetricFamily logins = family("logins_total", MetricType::Counter, "Logins of clients by their result.");
  MetricFamily between = family("between_shards_seconds", MetricType::Histogram,
                                "From when another shard sends stanzas to when the shard has them.");
  for (std::size_t i = 0; i < found.counters.size(); ++i) {
    ShardCounters counters = found.counters[i];
    const std::string shard = std::to_string(i);
    for (const StanzaKind kind : {message, presence, iq}) {
      const std::string name(to_string(kind));
      add(stanzas, {{"shard", shard}, {"direction", "in"}, {"kind", name}}, counters.from_clients[kind]);
      add(stanzas, {{"shard", shard}, {"direction", "out"}, {"kind", name}}, counters.to_clients[kind]);
    }
    for (std::size_t condition = 0; condition < kStanzaConditions; ++condition) {
      const auto which = static_cast<StanzaCondition>(condition);
      if (counters.bounced[which] == 0) continue;
      add(bounced, {{"shard", shard}, {"condition", std::string(to_string(which))}}, counters.bounced[which]);
    }
    add(logins, {{"shard", shard}, {"result", "ok"}}, counters.logins);
    add(logins, {{"shard", shard}, {"result", "failed"}}, counters.failed_logins);
    add(logins, {{"shard", shard}, {"result", "resumed"}}, counters.resumed);
    add(between, {{"shard", shard}}, counters.between_shards);
  }
  all.insert(all.end(), {std::move(stanzas), std::move(bounced), std::move(logins), std::move(between)});
}

void add_servers(std::vector<MetricFamily>& all, const Findings& found) {
  using enum MetricType;
  MetricFamily links = family("s2s_links", Gauge, "Ways to other domains by their state.");
  MetricFamily streams = family("s2s_streams", Gauge, "Connections with other servers, in both directions.");
  MetricFamily queued = family("s2s_queued_bytes", Gauge, "Bytes that wait for other servers.");
  for (std::size_t i = 0; i < found.servers.size(); ++i) {
    const std::string shard = std::to_string(i);
    for (const auto& [state, count] : found.servers[i].links) {
      add(links, {{"shard", shard}, {"state", std::string(state)}}, count);
    }
    add(streams, {{"shard", shard}}, found.servers[i].streams);
    add(queued, {{"shard", shard}}, found.servers[i].queued_bytes);
  }
  all.insert(all.end(), {std::move(links), std::move(streams), std::move(queued)});
}

void add_storage(std::vector<MetricFamily>& all, const storage::Status& store) {
  using enum MetricType;
  all.push_back(single("storage_up", Gauge, "1 while the storage takes writes.",
                       store.state == storage::State::ok ? 1 : 0));
  all.push_back(
      single("storage_queued_writes", Gauge, "Writes that wait for their commit.", store.queued_writes));
  all.push_back(single("storage_queued_bytes", Gauge, "Bytes of those.", store.queued_bytes));
  all.push_back(single("storage_last_commit_seconds", Gauge, "How long the last commit took.",
                       seconds(store.last_commit)));
}

void add_process(std::vector<MetricFamily>& all, const AdminContext& context, const Findings& found) {
  using enum MetricType;
  MetricFamily memory = family("memory_bytes", Gauge,
                               "Memory of the process: rss and heap are the whole, the others parts of it.");
  for (const MemoryPart& part : admin::memory_report(found.lines, found.store)) {
    add(memory, {{"part", std::string(part.name)}}, part.bytes);
  }
  all.push_back(std::move(memory));
  const auto started = context.services.started.time_since_epoch();
  all.push_back(single("start_time_seconds", Gauge, "When the process began, since 1970.", seconds(started)));
  all.push_back(single("log_dropped_total", Counter, "Log lines that found no place in the queue.",
                       context.services.log.dropped()));
  MetricFamily build = family("build_info", Gauge, "1; the version is in the label.");
  add(build, {{"version", std::string(version())}}, 1);
  all.push_back(std::move(build));
}

std::string as_text(const AdminContext& context, const Findings& found) {
  std::vector<MetricFamily> all;
  add_sessions(all, found);
  add_stanzas(all, found);
  add_servers(all, found);
  add_storage(all, found.store);
  add_process(all, context, found);
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, all);
  return std::move(text).str();
}

Task<Response> metrics(AdminContext* context, Exchange exchange) {
  if (!is_in(context->process.config()->http.metrics_from, exchange.client)) {
    co_return text_response(Status::forbidden, "Not for this address (http.metrics_from).");
  }
  auto lines = co_await admin::survey(context);
  auto copy = [](Shard& shard) { return shard.counters(); };
  auto counters = co_await admin::on_all_shards<ShardCounters>(context, copy);
  std::vector<S2sLine> servers;
  for (S2sShard* shard : context->services.s2s) {
    auto line = co_await admin::on_shard<S2sLine>(context, shard, look_at);
    if (line) servers.push_back(*std::move(line));
  }
  if (!lines || !counters) co_return text_response(Status::service_unavailable, "The server is stopping.");
  const Findings found{.lines = *std::move(lines),
                       .counters = *std::move(counters),
                       .servers = std::move(servers),
                       .store = context->services.storage.status()};
  Response made = response(Status::ok, kFormat, as_text(*context, found));
  made.set(Field::cache_control, "no-store");
  co_return made;
}

}  // namespace

void add_metrics(Routes& routes, AdminContext& context) {
  routes.add("/metrics", {Verb::get},
             [&context](Exchange exchange) { return metrics(&context, std::move(exchange)); });
}

}  // namespace vestnik::http
