#include "core/storage/postgresql/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

namespace vestnik::storage::postgresql {
namespace {

constexpr std::chrono::milliseconds kFirstPause{50};
constexpr std::chrono::milliseconds kLongestPause{2'000};

// What holds unless the URL says otherwise: nobody waits for a machine that is gone longer than for one that
// is slow.
constexpr std::array<std::pair<const char*, const char*>, 7> kDefaults{{{"connect_timeout", "5"},
                                                                        {"keepalives_idle", "10"},
                                                                        {"keepalives_interval", "5"},
                                                                        {"keepalives_count", "2"},
                                                                        {"tcp_user_timeout", "20000"},
                                                                        {"application_name", "vestnik"},
                                                                        {"client_encoding", "UTF8"}}};

struct FreeOptions {
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};

// A password with an @ in it: what follows that would be taken for the host, and told in errors.
bool has_bare_at(std::string_view url) {
  const std::size_t begin = url.find("://");
  const std::string_view authority = url.substr(begin + 3, url.find('/', begin + 3) - begin - 3);
  return std::ranges::count(authority, '@') > 1;
}

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::ranges::replace(text, '\n', ' ');
  return text;
}

}  // namespace

Server::Server(const std::string& url) {
  const std::unique_ptr<PQconninfoOption, FreeOptions> parsed(PQconninfoParse(url.c_str(), nullptr));
  if (!parsed || has_bare_at(url)) {
    throw Failure({ErrorKind::constraint,
                   "storage.path cannot be understood; it looks like "
                   "postgresql://user:password@host:5432/database, with %40 for an @ in the password, and so "
                   "on for other special characters"});
  }
  std::string user;
  std::string host;
  std::string port;
  std::string database;
  for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    options_.push_back({.key = option->keyword, .value = option->val});
    const std::string_view key = option->keyword;
    if (key == "user") user = std::string(option->val) + '@';
    if (key == "host") host = option->val;
    if (key == "port") port = ':' + std::string(option->val);
    if (key == "dbname") database = option->val;
  }
  name_ = fmt::format("postgresql://{}{}{}/{}", user, host, port, database);
  for (const auto& [key, value] : kDefaults) {
    if (std::ranges::find(options_, key, &Option::key) == options_.end()) options_.push_back({key, value});
  }
}

Handle Server::attempt() const {
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const Option& option : options_) {
    keys.push_back(option.key.c_str());
    values.push_back(option.value.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  return Handle(PQconnectdbParams(keys.data(), values.data(), 0));
}

Handle Server::connect() { return connect_until(Clock::time_point::min()); }

Handle Server::connect_until(Clock::time_point deadline) {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      while (Clock::now() < next_attempt_) {
        if (next_attempt_ > deadline) throw Failure({ErrorKind::io, last_error_});
        due_.wait_until(lock, next_attempt_);
      }
    }
    Handle handle = attempt();
    const bool connected = PQstatus(handle.get()) == CONNECTION_OK;
    const std::lock_guard lock(mutex_);
    if (connected) {
      pause_ = {};
      next_attempt_ = {};
      return handle;
    }
    pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
    next_attempt_ = Clock::now() + pause_;
    last_error_ = fmt::format("{}: {}", name_, one_line(PQerrorMessage(handle.get())));
    if (next_attempt_ > deadline) throw Failure({ErrorKind::io, last_error_});
  }
}

}  // namespace vestnik::storage::postgresql
