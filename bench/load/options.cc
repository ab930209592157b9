#include "bench/load/options.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "bench/net/unique_fd.h"
#include "bench/xmpp/login.h"

namespace vestnik::bench {
namespace {

using Check = Result<void, std::string>;

std::uint16_t default_port(const Target& target) {
  if (target.web_socket) return target.tls == TlsMode::direct ? 5443 : 5280;
  return target.tls == TlsMode::direct ? 5223 : 5222;
}

Check look_up(Target& target, const std::string& address_text) {
  const auto place =
      split_host_port(address_text.empty() ? target.domain : address_text, default_port(target));
  if (!place) return Err(place.error());
  const auto address = resolve(place->first, place->second);
  if (!address) return Err(address.error());
  target.address = *address;
  return {};
}

Check look_up(Options& options) {
  Target& target = options.target;
  if (const auto found = look_up(target, options.address_text); !found) return found;
  for (const std::string& text : options.source_texts) {
    const auto sources = parse_sources(text);
    if (!sources) return Err(sources.error());
    target.sources.insert(target.sources.end(), sources->begin(), sources->end());
  }
  if (!options.has_peer()) return {};
  options.peer = target;
  options.peer.domain = options.peer_domain;
  return look_up(options.peer, options.peer_address_text);
}

Check check_sources(const Target& target) {
  for (const Address& source : target.sources) {
    if (source.family() != target.address.family()) {
      return Err(fmt::format("source {} cannot reach {}", source.to_string(), target.address.to_string()));
    }
    const UniqueFd socket(::socket(source.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(socket.get(), source.raw(), source.size) != 0) {
      return Err(fmt::format("cannot connect from {}: {}", source.to_string(),
                             std::generic_category().message(errno)));
    }
  }
  return {};
}

Check check_ports(const Options& options) {
  std::size_t low = 0;
  std::size_t high = 0;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> low >> high;
  const std::size_t sources = std::max<std::size_t>(options.target.sources.size(), 1);
  const std::size_t ports = high > low ? (high - low + 1) * sources : 0;
  if (ports == 0 || options.users <= ports) return {};
  return Err(fmt::format(
      "{} connections need more ports than {} source address{} give{} ({} in ip_local_port_range); "
      "name more with --source, like 127.0.0.2-127.0.0.9",
      options.users, sources, sources == 1 ? "" : "es", sources == 1 ? "s" : "", ports));
}

Check raise_file_limit(const Options& options) {
  constexpr rlim_t kOwn = 64;  // standard streams, libraries, /proc
  const rlim_t needed = options.users + kOwn + 4UL * options.threads;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= needed) return {};
  if (limit.rlim_max < needed) {
    return Err(
        fmt::format("{} users need {} file descriptors, but this process may have only {} (ulimit -Hn)",
                    options.users, needed, limit.rlim_max));
  }
  limit.rlim_cur = needed;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return {};
}

Check check_server_pids(const Options& options) {
  for (const pid_t pid : options.server_pids) {
    std::ifstream memory(fmt::format("/proc/{}/smaps_rollup", pid));
    if (std::string line; !std::getline(memory, line)) {
      return Err(
          fmt::format("--server-pid {}: there is no such process, or its /proc entry may not be read", pid));
    }
  }
  return {};
}

Check check_web_socket(const Target& target) {
  if (!target.web_socket) return {};
  if (target.tls == TlsMode::starttls) {
    return Err(std::string("--websocket: there is no STARTTLS; add --tls direct or --tls none"));
  }
  if (target.relay) return Err(std::string("--websocket: the relay has none"));
  return {};
}

Check check_users(const Options& options) {
  const bool numbered = options.user_pattern.contains("%d");
  if (options.users == 0) return Err(std::string("--users 0: nothing to do"));
  if (options.accounts_file.empty() && !numbered && options.users > 1) {
    return Err(fmt::format("--user-pattern {} has no %d, so it names one user only", options.user_pattern));
  }
  if (options.users < options.threads) {
    return Err(fmt::format("{} threads need at least as many users", options.threads));
  }
  return {};
}

Check check_mechanism(const Target& target) {
  const auto known = known_mechanisms();
  if (target.mechanism.empty() || std::ranges::count(known, target.mechanism, &Mechanism::name) != 0)
    return {};
  std::string names;
  for (const Mechanism& mechanism : known) names.append(" ").append(mechanism.name);
  return Err(fmt::format("--mechanism {} is not one of{}", target.mechanism, names));
}

Result<std::vector<Account>, std::string> read_accounts(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Err(fmt::format("cannot read {}: {}", path, std::generic_category().message(errno)));
  std::vector<Account> accounts;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    Account account;
    if (!(words >> account.user)) continue;
    if (!(words >> account.password)) {
      return Err(fmt::format("{}: '{}' has no password (a line is: user password)", path, account.user));
    }
    accounts.push_back(std::move(account));
  }
  return accounts;
}

Result<std::vector<Account>, std::string> make_accounts(const Options& options) {
  if (!options.accounts_file.empty()) {
    auto accounts = read_accounts(options.accounts_file);
    if (accounts && accounts->size() < options.users) {
      return Err(fmt::format("{} holds {} accounts, --users asks for {}", options.accounts_file,
                             accounts->size(), options.users));
    }
    if (accounts) accounts->resize(options.users);
    return accounts;
  }
  std::vector<Account> accounts;
  for (std::size_t i = 0; i < options.users; ++i) {
    std::string user = options.user_pattern;
    if (const auto at = user.find("%d"); at != std::string::npos) {
      user.replace(at, 2, std::to_string(options.first_user + i / options.target.resources));
    }
    accounts.push_back({.user = std::move(user), .password = options.password});
  }
  return accounts;
}

}  // namespace

Result<std::vector<Account>, std::string> finish(Options& options) {
  if (const auto done = look_up(options); !done) return Err(done.error());
  using Checker = Check (*)(const Options&);
  static constexpr auto kSources = [](const Options& given) { return check_sources(given.target); };
  static constexpr auto kWebSocket = [](const Options& given) { return check_web_socket(given.target); };
  static constexpr auto kMechanism = [](const Options& given) { return check_mechanism(given.target); };
  for (const Checker check :
       {Checker(&check_users), Checker(kWebSocket), Checker(kMechanism), Checker(kSources),
        Checker(&check_ports), Checker(&raise_file_limit), Checker(&check_server_pids)}) {
    if (const auto possible = check(options); !possible) return Err(possible.error());
  }
  return make_accounts(options);
}

}  // namespace vestnik::bench
