// vestnik-bench: measures what an XMPP server does, and what it costs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>

#include "bench/load/options.h"
#include "bench/load/run.h"
#include "bench/report/page.h"
#include "bench/scenario/scenario.h"
#include "core/io/tls_memory.h"
#include "proto/base/units.h"

namespace {

using namespace vestnik::bench;

constexpr int kErrors = 1;  // the server failed, or messages were lost
constexpr int kUsage = 64;  // as in sysexits.h: options that make no sense, or are impossible on this machine
constexpr int kSoftware = 70;  // the tool itself failed

void add_duration(CLI::App& app, const std::string& name, std::chrono::milliseconds& value,
                  const std::string& help) {
  const auto parse = [&value, name](const std::string& text) {
    const auto parsed = vestnik::parse_duration(text);
    if (!parsed) throw CLI::ValidationError(name, parsed.error());
    value = *parsed;
  };
  app.add_option_function<std::string>(name, parse, help)
      ->type_name("TIME")
      ->default_str(vestnik::format_duration(value))
      ->group("Run");
}

void add_target_options(CLI::App& app, Options& options) {
  Target& target = options.target;
  static const std::map<std::string, TlsMode> kTlsModes{
      {"starttls", TlsMode::starttls}, {"direct", TlsMode::direct}, {"none", TlsMode::none}};
  const std::string group = "Server";
  app.add_option("--domain", target.domain, "the service's domain")->capture_default_str()->group(group);
  app.add_option(
         "--connect", options.address_text,
         "HOST[:PORT] to connect to (default: the domain, port 5222 or 5223, 5443 or 5280 by WebSocket)")
      ->group(group);
  app.add_option("--peer-domain", options.peer_domain,
                 "a second server's domain: users with odd numbers are there (s2s)")
      ->group(group);
  app.add_option("--peer-connect", options.peer_address_text, "HOST[:PORT] of the second server")
      ->group(group);
  app.add_option("--tls", target.tls, "starttls, direct or none")
      ->transform(CLI::CheckedTransformer(kTlsModes).description(""))
      ->group(group);
  app.add_flag("--websocket", target.web_socket, "XMPP over WebSocket at /ws; with --tls direct or none")
      ->group(group);
  app.add_option("--ca", target.ca_file,
                 "PEM file to verify the server's certificate with (default: not verified)")
      ->check(CLI::ExistingFile)
      ->group(group);
  app.add_option("--mechanism", target.mechanism,
                 "SCRAM-SHA-256, SCRAM-SHA-1, PLAIN, SCRAM-SHA-256-PLUS or SCRAM-SHA-1-PLUS "
                 "(default: the first of these without -PLUS that is offered)")
      ->group(group);
  app.add_flag("--sm", target.stream_management, "enable stream management (XEP-0198)")->group(group);
  app.add_flag("--relay", target.relay, "the other side is vestnik-relay: no XMPP login")->group(group);
  app.add_option("--server-pid", options.server_pids,
                 "process whose CPU time and memory are reported, with its descendants; may be repeated")
      ->group(group);
  app.add_option("--label", options.label, "name of the server in the report")->group(group);
}

void add_user_options(CLI::App& app, Options& options) {
  const std::string group = "Users";
  app.add_option("--users", options.users, "number of users")->capture_default_str()->group(group);
  app.add_option("--user-pattern", options.user_pattern, "their names; %d is replaced by a number")
      ->capture_default_str()
      ->group(group);
  app.add_option("--first-user", options.first_user, "the number of the first one")
      ->capture_default_str()
      ->group(group);
  app.add_option("--password", options.password, "the password of all of them")
      ->capture_default_str()
      ->group(group);
  app.add_option("--accounts", options.accounts_file,
                 "file of lines 'user password', instead of pattern and password")
      ->check(CLI::ExistingFile)
      ->group(group);
  app.add_option("--resources", options.target.resources,
                 "sessions of each account; each counts as one of --users")
      ->check(CLI::Range(1U, 1'000U))
      ->capture_default_str()
      ->group(group);
  app.add_flag("--register", options.register_accounts,
               "register them first (XEP-0077); those that exist are fine")
      ->group(group);
  app.add_option("--roster", options.roster_items, "give each at least so many roster items first")
      ->group(group);
}

void add_run_options(CLI::App& app, Options& options) {
  const std::string group = "Run";
  app.add_option("--threads", options.threads, "threads of the load generator")
      ->check(CLI::Range(1U, 64U))
      ->capture_default_str()
      ->group(group);
  app.add_option(
         "--source", options.source_texts,
         "IPv4 address or range to connect from, like 127.0.0.2-127.0.0.9, for more ports; may be repeated")
      ->group(group);
  app.add_option("--concurrency", options.concurrency, "logins and preparations under way at once")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  add_duration(app, "--warm-up", options.warm_up, "load before the measurement");
  add_duration(app, "--duration", options.duration, "length of the measurement");
  add_duration(app, "--prepare-limit", options.prepare_limit,
               "longest time for preparing all users (joining rooms, filling archives)");
  add_duration(app, "--timeout", options.target.timeout, "longest wait for any one answer of the server");
  app.add_flag("--json", options.json, "print a JSON object instead of a table")->group(group);
  app.add_option("--report", options.page_file, "also write plots to this file (HTML)")->group(group);
}

/// Plots of runs, each a JSON object; the exit status.
int write_page(const std::vector<std::string>& runs, const std::string& path) {
  const auto page = to_html(runs);
  std::ofstream file(path);
  if (page && file << *page && file.flush()) return 0;
  fmt::print(stderr, "vestnik-bench: {}: {}\n", path,
             page ? std::generic_category().message(errno) : page.error());
  return kUsage;
}

/// Runs that were made before, from files of --json.
int plot(const std::vector<std::string>& paths, const std::string& page_file) {
  std::vector<std::string> runs;
  for (const std::string& path : paths) {
    std::ifstream file(path);
    runs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return write_page(runs, page_file);
}

int run(Options& options, const Plan& plan) {
  auto accounts = finish(options);
  std::string refused = accounts ? plan.refuse(options).value_or("") : accounts.error();
  if (options.target.relay && !plan.works_with_relay())
    refused = fmt::format("{} needs an XMPP server", plan.name());
  if (!refused.empty()) {
    fmt::print(stderr, "vestnik-bench: {}\n", refused);
    return kUsage;
  }
  const Report report = Run(options, plan, std::move(*accounts)).execute();
  fmt::print("{}\n", options.json ? to_json(report) : to_table(report));
  if (!options.page_file.empty() && write_page({to_json(report)}, options.page_file) != 0) return kUsage;
  return report.ok() ? 0 : kErrors;
}

}  // namespace

int main(int argc, char** argv) {
  vestnik::tls_memory::install();
  try {
    CLI::App app("Measures what an XMPP server does under load, and what each operation costs it.",
                 "vestnik-bench");
    app.footer(
        "Ends with status 0 if nothing was lost and nothing failed, 1 otherwise, 64 if the options cannot "
        "work.\n"
        "'vestnik-bench SCENARIO --help' shows a scenario's own options.");
    app.require_subcommand(1);
    app.fallthrough();
    Options options;
    add_target_options(app, options);
    add_user_options(app, options);
    add_run_options(app, options);
    const auto plans = all_plans();
    for (const auto& plan : plans) {
      CLI::App* scenario = app.add_subcommand(std::string(plan->name()), std::string(plan->summary()));
      plan->add_options(*scenario);
      scenario->footer("'vestnik-bench --help' shows the options that all scenarios share.");
    }
    std::vector<std::string> plotted;
    CLI::App* plotting = app.add_subcommand("plot", "plots of runs that --json has written, to --report");
    plotting->add_option("runs", plotted, "files")->required()->check(CLI::ExistingFile);
    plotting->needs(app.get_option("--report"));
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : kUsage;
    }
    if (plotting->parsed()) return plot(plotted, options.page_file);
    for (const auto& plan : plans) {
      if (app.got_subcommand(std::string(plan->name()))) return run(options, *plan);
    }
    return kUsage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "vestnik-bench: {}\n", error.what());
    return kSoftware;
  }
}
