// vestnik-mail, the e-mail gateway: a component (XEP-0114) between an XMPP server and mail servers.
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <exception>

#include "core/config/version.h"
#include "proto/jid/jid.h"
#include "server/gateways/mail/gateway.h"
#include "server/gateways/mail/lmtp.h"

namespace vestnik::mail {
namespace {

struct Options {
  Settings settings;
  std::string lmtp_address = "127.0.0.1";
  std::uint16_t lmtp_port = 24;
  LmtpLimits limits;
  std::string log_level = "info";
};

void complain(std::string_view text) { fmt::print(stderr, "vestnik-mail: {}\n", text); }

void define(CLI::App& cli, Options& options) {
  Settings& settings = options.settings;
  SubmissionServer& smtp = settings.submission;
  cli.set_config("--config", "", "File with options as KEY = VALUE lines");
  cli.set_version_flag("--version", "vestnik-mail " + std::string(version()));
  cli.add_option("--domain", settings.domain, "Domain of the gateway, as [[component]] has it")->required();
  cli.add_option("--secret", settings.secret, "The component's secret")
      ->envname("VESTNIK_MAIL_SECRET")
      ->required();
  cli.add_option("--server", settings.server, "Address of the XMPP server")
      ->capture_default_str()
      ->check(CLI::ValidIPV4);
  cli.add_option("--port", settings.port, "Its port for components")->capture_default_str();
  cli.add_option("--mail-domain", settings.mail_domain,
                 "Domain of the e-mail addresses that users have (default: the gateway's)");
  cli.add_option("--users-of", settings.users_of,
                 "Domains whose users may register (default: the domain that the gateway's is below)");
  cli.add_option("--registrations", settings.registrations, "File with the users who have registered")
      ->required();
  cli.add_option("--smtp", smtp.url, "Server that takes mail: smtp://HOST:PORT or smtps://HOST:PORT")
      ->capture_default_str();
  cli.add_option("--smtp-user", smtp.user, "Name to log in there with (default: no login)");
  cli.add_option("--smtp-password", smtp.password, "Its password")->envname("VESTNIK_MAIL_SMTP_PASSWORD");
  cli.add_flag("--smtp-tls", smtp.tls_required, "Nothing is sent there without STARTTLS");
  cli.add_option("--smtp-timeout", smtp.timeout_seconds, "Seconds that sending one message may take")
      ->capture_default_str()
      ->check(CLI::Range(1, 3'600));
  cli.add_option("--lmtp-address", options.lmtp_address, "Address where mail servers deliver by LMTP")
      ->capture_default_str();
  cli.add_option("--lmtp-port", options.lmtp_port, "Its port")->capture_default_str();
  cli.add_option("--max-message", options.limits.message_bytes, "Bytes of a message that is taken")
      ->capture_default_str()
      ->check(CLI::Range(10'000, 100'000'000));
  cli.add_option("--log-level", options.log_level, "trace, debug, info, warn, error or off")
      ->capture_default_str()
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}));
}

// Brings domains into canonical form and fills in what others say. False: something is no domain.
bool complete(Settings& settings) {
  if (settings.mail_domain.empty()) settings.mail_domain = settings.domain;
  if (settings.users_of.empty()) settings.users_of = {settings.domain.substr(settings.domain.find('.') + 1)};
  std::vector<std::string*> domains{&settings.domain, &settings.mail_domain};
  for (auto& domain : settings.users_of) domains.push_back(&domain);
  for (std::string* domain : domains) {
    const auto prepared = prepare_domain(*domain);
    if (!prepared) {
      complain(fmt::format("\"{}\" is no domain", *domain));
      return false;
    }
    *domain = *prepared;
  }
  return true;
}

void serve(Options options) {
  LogConfig log_config;
  log_config.level = *parse_log_level(options.log_level);
  Log log(log_config);
  StreamThread thread(log, std::make_shared<const Config>());
  Reactor& reactor = thread.reactor();
  reactor.set_turn_work([&thread] { return thread.end_turn(); });
  Gateway gateway(thread, std::move(options.settings));
  LmtpListener lmtp(thread, gateway, options.lmtp_address, options.lmtp_port, options.limits);
  boost::asio::basic_signal_set<Executor> signals(reactor.executor(), SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& error, int /*signal*/) {
    if (error) return;
    lmtp.stop();
    gateway.stop();
    thread.tasks().on_empty([&reactor] { reactor.stop(); });
  });
  lmtp.start();
  gateway.start();
  reactor.run();
  thread.forget_output();
}

int run(int argc, char** argv) {
  Options options;
  CLI::App cli("The e-mail gateway of Vestnik.", "vestnik-mail");
  define(cli, options);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::Success& shown) {  // --help, --version
    return cli.exit(shown);
  } catch (const CLI::ParseError& error) {
    complain(error.what());
    return EX_USAGE;
  }
  if (!complete(options.settings)) return EX_CONFIG;
  ::umask(S_IRWXG | S_IRWXO);
  ::signal(SIGPIPE, SIG_IGN);
  initialize_mime();
  initialize_submission();
  try {
    serve(std::move(options));
    return EX_OK;
  } catch (const std::exception& failure) {
    complain(failure.what());
    return EX_OSERR;
  }
}

}  // namespace
}  // namespace vestnik::mail

int main(int argc, char** argv) { return vestnik::mail::run(argc, argv); }
