#include "bench/load/run.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>

#include "bench/relay/relay.h"
#include "bench/scenario/scenarios.h"

namespace vestnik::bench {
namespace {

using std::chrono::milliseconds;

const Address kAnyPort = *resolve("127.0.0.1", 0);

std::unique_ptr<Plan> chat(const std::string& arguments) {
  auto plan = make_chat_plan();
  CLI::App app;
  plan->add_options(app);
  app.parse(arguments);
  return plan;
}

Options small_run(const Address& server) {
  Options options;
  options.address_text = server.to_string();
  options.users = 8;
  options.warm_up = milliseconds(0);
  options.duration = milliseconds(200);
  options.target.timeout = milliseconds(5'000);
  return options;
}

Report run(Options options, const Plan& plan) {
  auto accounts = finish(options);
  REQUIRE_MESSAGE(accounts, accounts.error());
  return Run(options, plan, std::move(*accounts)).execute();
}

TEST_CASE("chat through the relay: every message arrives once and in order") {
  struct Case {
    unsigned threads;
    unsigned crossing;
    bool plain;
    std::string arguments;
  };
  for (const Case& test :
       {Case{1, 0, false, "--window 1"}, Case{1, 0, true, "--window 16 --no-store"},
        Case{2, 100, false, "--window 4 --body 2000"}, Case{2, 50, false, "--rate 2000"}}) {
    INFO(test.arguments, ", ", test.threads, " threads");
    const Relay relay({.listen = kAnyPort,
                       .threads = test.threads,
                       .plain = test.plain,
                       .crossing_percent = test.crossing,
                       .certificate_file = {},
                       .key_file = {}});
    Options options = small_run(relay.address());
    options.threads = test.threads;
    options.target.relay = true;
    options.target.tls = test.plain ? TlsMode::none : TlsMode::direct;
    const Report report = run(options, *chat(test.arguments));
    CHECK(report.ok());
    CHECK(report.operations > 0);
    CHECK(report.latency.count() >= report.operations);
    CHECK(to_json(report).find("\"rate\"") != std::string::npos);
  }
}

TEST_CASE("a server that says nothing is reported with the step, and no rate is") {
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(listener.get(), kAnyPort.raw(), kAnyPort.size) == 0);
  Address address;
  address.size = sizeof address.storage;
  REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.size) == 0);

  Options options = small_run(address);
  options.target.timeout = milliseconds(100);
  const Report refused = run(options, *chat(""));
  REQUIRE(refused.failures.size() == 1);
  CHECK(refused.failures.begin()->first == "connect: Connection refused");

  REQUIRE(::listen(listener.get(), 64) == 0);
  const Report silent = run(options, *chat(""));
  REQUIRE(silent.failures.size() == 1);
  CHECK(silent.failures.begin()->first == "stream header: no answer within 0.1 s");
  CHECK_FALSE(silent.ok());
  CHECK(to_json(silent).find("\"rate\"") == std::string::npos);
  CHECK(to_table(silent).find("rate") == std::string::npos);
}

TEST_CASE("impossible options are refused with the reason") {
  static constexpr rlim_t kMostFiles = 1'000;
  constexpr rlimit kLimit{.rlim_cur = kMostFiles, .rlim_max = kMostFiles};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &kLimit) == 0);
  struct Case {
    std::string expected;
    void (*change)(Options&);
  };
  const std::vector<Case> cases = {
      {"file descriptors", [](Options& options) { options.users = kMostFiles; }},
      {"ip_local_port_range", [](Options& options) { options.users = 100'000; }},
      {"no such process", [](Options& options) { options.server_pids = {0x7FFFFFFF}; }},
      {"has no %d", [](Options& options) { options.user_pattern = "romeo"; }},
      {"threads need", [](Options& options) { options.threads = 9; }},
      {"is no port", [](Options& options) { options.address_text = "127.0.0.1:65536"; }},
      {"names no host", [](Options& options) { options.address_text = ":5222"; }},
      {"range", [](Options& options) { options.source_texts = {"127.0.0.9-127.0.0.2"}; }},
      {"cannot connect from 192.0.2.1", [](Options& options) { options.source_texts = {"192.0.2.1"}; }},
      {"cannot reach",
       [](Options& options) {
         options.address_text = "[::1]:5222";
         options.source_texts = {"127.0.0.1"};
       }},
      {"is not one of", [](Options& options) { options.target.mechanism = "DIGEST-MD5"; }},
      {"cannot read", [](Options& options) { options.accounts_file = "/nonexistent"; }},
  };
  for (const Case& test : cases) {
    INFO(test.expected);
    Options options = small_run(kAnyPort);
    options.address_text = "127.0.0.1:5222";
    test.change(options);
    const auto accounts = finish(options);
    REQUIRE_FALSE(accounts);
    CHECK(accounts.error().find(test.expected) != std::string::npos);
  }
}

}  // namespace
}  // namespace vestnik::bench
