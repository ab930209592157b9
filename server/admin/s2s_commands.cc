#include "server/admin/s2s_commands.h"

#include <fmt/format.h>

#include <iterator>

#include "server/admin/errors.h"
#include "server/admin/shard_calls.h"
#include "shard/s2s/incoming.h"
#include "shard/s2s/s2s_shard.h"

namespace vestnik::admin {
namespace {

/// A line of `s2s list`.
struct StreamLine {
  std::string domain;
  std::string host;
  std::string direction;
  std::string state;
  std::string address;
  std::string proof;
  std::size_t queued_bytes = 0;
};

/// What one link has gone through.
struct LinkReport {
  std::string host;
  std::string state;
  std::vector<std::string> steps;
};

std::string to_string(s2s::Link::State state) {
  switch (state) {
    case s2s::Link::State::idle: return "idle";
    case s2s::Link::State::connecting: return "connecting";
    case s2s::Link::State::open: return "open";
  }
  return "";
}

StreamLine describe(const s2s::Link& link) {
  StreamLine line{.domain = link.remote(),
                  .host = link.local(),
                  .direction = "out",
                  .state = to_string(link.state()),
                  .address = {},
                  .proof = {},
                  .queued_bytes = link.queued_bytes()};
  if (const s2s::ServerStream* stream = link.stream()) {
    line.address = stream->address();
    line.proof = stream->proof();
    if (stream->is_bidirectional()) line.direction = "both";
  }
  return line;
}

std::vector<StreamLine> lines_of(S2sShard& shard) {
  std::vector<StreamLine> lines;
  for (const auto& [pair, link] : shard.links()) {
    if (!link->is_on_their_stream()) lines.push_back(describe(*link));
  }
  for (const s2s::ServerStream* stream : shard.streams()) {
    const auto* incoming = dynamic_cast<const s2s::IncomingStream*>(stream);
    if (incoming == nullptr) continue;
    lines.push_back({.domain = incoming->remote(),
                     .host = incoming->local(),
                     .direction = incoming->is_bidirectional() ? "both" : "in",
                     .state = incoming->proven().empty() ? "unproven" : "open",
                     .address = incoming->address(),
                     .proof = incoming->proven()});
  }
  return lines;
}

std::vector<LinkReport> reports_of(S2sShard& shard, const std::string& domain) {
  std::vector<LinkReport> reports;
  for (const auto& [pair, link] : shard.links()) {
    if (pair.second == domain) reports.push_back({pair.first, to_string(link->state()), link->steps()});
  }
  return reports;
}

std::size_t close_all(S2sShard& shard, const std::string& domain) {
  std::size_t closed = 0;
  for (const auto& [pair, link] : shard.links()) {
    if (pair.second != domain || link->stream() == nullptr) continue;
    link->close();
    ++closed;
  }
  const std::set<s2s::ServerStream*> streams = shard.streams();  // closing changes the set
  for (s2s::ServerStream* stream : streams) {
    const auto* incoming = dynamic_cast<const s2s::IncomingStream*>(stream);
    if (incoming == nullptr || !incoming->is_open() || !incoming->speaks_for(domain)) continue;
    stream->finish();
    ++closed;
  }
  return closed;
}

/// What an operator may do about an attempt that ended behind these steps.
std::string advice(const std::vector<std::string>& steps, const std::string& domain) {
  const std::string_view reached = steps.size() < 2 ? std::string_view{} : steps[steps.size() - 2];
  if (reached.empty()) {
    return fmt::format("look at the domain's name and its DNS records: dig SRV _xmpp-server._tcp.{}", domain);
  }
  if (reached.starts_with("DNS") || (reached.starts_with("TCP") && !reached.contains("connected"))) {
    return "the server is down, or a firewall is in the way";
  }
  if (reached.starts_with("certificate")) {
    return fmt::format(
        "its administrator has to mend the certificate; with \"{}\" in s2s.dialback it may do without",
        domain);
  }
  return "the other server's log should say why it refused; see that this host's certificate is one it "
         "trusts";
}

json::object to_json(const StreamLine& line) {
  return {{"domain", line.domain},
          {"host", line.host},
          {"direction", line.direction},
          {"state", line.state},
          {"address", line.address},
          {"proof", line.proof},
          {"queued_bytes", line.queued_bytes}};
}

json::array to_json(const std::vector<std::string>& steps) {
  json::array array;
  for (const std::string& step : steps) array.push_back({{"step", step}});
  return array;
}

Result<std::string, CommandError> domain_of(const std::string& text) {
  auto domain = prepare_domain(text);
  if (!domain) return refused("jid-malformed", fmt::format("\"{}\" is no domain", text));
  return *std::move(domain);
}

}  // namespace

void S2sCommands::bind(CommandTable& table) {
  table.bind("s2s list", [this](Arguments arguments) { return list(std::move(arguments)); });
  table.bind("s2s show", [this](Arguments arguments) { return show(std::move(arguments)); });
  table.bind("s2s close", [this](Arguments arguments) { return close(std::move(arguments)); });
  table.bind("s2s check", [this](Arguments arguments) { return check(std::move(arguments)); });
}

Task<Reply> S2sCommands::list(Arguments /*arguments*/) {
  json::array streams;
  for (S2sShard* shard : context_->services.s2s) {
    const auto lines = co_await on_shard<std::vector<StreamLine>>(context_, shard, lines_of);
    if (!lines) co_return stopping();
    for (const StreamLine& line : *lines) streams.push_back(to_json(line));
  }
  co_return json::object{{"streams", std::move(streams)}};
}

Task<Reply> S2sCommands::show(Arguments arguments) {
  const auto domain = domain_of(arguments["domain"]);
  if (!domain) co_return Err(domain.error());
  auto query = [domain = *domain](S2sShard& shard) { return reports_of(shard, domain); };
  S2sShard* owner = &context_->services.s2s_of(*domain);
  const auto reports = co_await on_shard<std::vector<LinkReport>>(context_, owner, query);
  if (!reports) co_return stopping();
  if (reports->empty()) co_return refused("not-found", fmt::format("there is no traffic to {}", *domain));
  json::object shown;
  for (const LinkReport& report : *reports) {
    shown[fmt::format("from {}", report.host)] = report.state;
    shown[fmt::format("steps from {}", report.host)] = to_json(report.steps);
  }
  co_return shown;
}

Task<Reply> S2sCommands::close(Arguments arguments) {
  const auto domain = domain_of(arguments["domain"]);
  if (!domain) co_return Err(domain.error());
  std::size_t sum = 0;
  for (S2sShard* shard : context_->services.s2s) {  // it may be a further domain of a stream of another one
    auto end = [domain = *domain](S2sShard& shard) { return close_all(shard, domain); };
    const auto closed = co_await on_shard<std::size_t>(context_, shard, end);
    if (!closed) co_return stopping();
    sum += *closed;
  }
  if (sum == 0) co_return refused("not-found", fmt::format("there is no stream with {}", *domain));
  co_return json::object{{"streams_closed", sum}};
}

Task<Reply> S2sCommands::check(Arguments arguments) {
  const auto domain = domain_of(arguments["domain"]);
  if (!domain) co_return Err(domain.error());
  std::string host = arguments["host"];
  if (host.empty()) host = context_->process.config()->hosts.front().name;
  struct Outcome {
    bool connected = false;
    std::vector<std::string> steps;
  };
  S2sShard* shard = &context_->services.s2s_of(*domain);
  auto start = [shard, host, domain = *domain](Delivery<Outcome> deliver) {
    shard->reactor().post([shard, host, domain, deliver = std::move(deliver)]() mutable {
      s2s::Link& link = shard->link(host, domain);
      link.check([&link, deliver = std::move(deliver)](bool connected) mutable {
        deliver(Outcome{connected, link.steps()});
      });
    });
  };
  const auto outcome = co_await await_result<Outcome>(context_->reactor, start);
  if (!outcome) co_return stopping();
  json::object answer{{"domain", *domain}, {"from", host}, {"connected", outcome->connected}};
  if (!outcome->connected) answer["advice"] = advice(outcome->steps, *domain);
  answer["steps"] = to_json(outcome->steps);
  co_return answer;
}

}  // namespace vestnik::admin
