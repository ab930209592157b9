#include "server/admin/account_commands.h"

#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <memory>

#include "proto/base/datetime.h"
#include "server/admin/errors.h"
#include "server/admin/shard_calls.h"
#include "shard/session/account_removal.h"

namespace vestnik::admin {
namespace {

constexpr std::size_t kAccountsPerRead = 1'000;

auto no_such_account(const std::string& jid) {
  return refused("not-found", fmt::format("there is no account {}", jid));
}

/// Removes the account on its shard; false: there is none.
void remove_at_owner(Shard& shard, const std::string& jid,
                     const std::function<void(Result<bool, storage::Error>)>& done) {
  shard.accounts().with(Jid(JidView::of_canonical(jid)), 0, [done](Account* account, bool failed) {
    if (failed)
      return done(Err(storage::Error{storage::ErrorKind::overloaded, "the account is not at hand"}));
    if (account == nullptr) return done(false);
    remove_account(*account, [done](Result<void, storage::Error> result) {
      if (!result) return done(Err(std::move(result.error())));
      done(true);
    });
  });
}

}  // namespace

void AccountCommands::bind(CommandTable& table) {
  table.bind("user add", [this](Arguments arguments) { return add(std::move(arguments)); });
  table.bind("user passwd", [this](Arguments arguments) { return passwd(std::move(arguments)); });
  table.bind("user del", [this](Arguments arguments) { return del(std::move(arguments)); });
  table.bind("user disable",
             [this](Arguments arguments) { return set_disabled(std::move(arguments), true); });
  table.bind("user enable",
             [this](Arguments arguments) { return set_disabled(std::move(arguments), false); });
  table.bind("user list", [this](Arguments arguments) { return list(std::move(arguments)); });
}

Task<Reply> AccountCommands::add(Arguments arguments) {
  const std::string jid = arguments["jid"];
  auto credentials = co_await hash(jid, Secret(std::move(arguments["password"])));
  if (!credentials) co_return Err(std::move(credentials.error()));
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  auto create = [record = storage::AccountRecord{.jid = jid,
                                                 .created_at = now,
                                                 .disabled = false,
                                                 .last_activity = std::nullopt,
                                                 .credentials = *std::move(credentials)}](
                    storage::Stores& stores) { return stores.accounts().create(record); };
  const auto created = co_await write<bool>(context_, jid, std::move(create));
  if (!created) co_return storage_failed(created.error());
  if (!*created) co_return refused("exists", fmt::format("the account {} exists already", jid));

  co_return co_await announce_change(jid, false);
}

Task<Reply> AccountCommands::passwd(Arguments arguments) {
  const std::string jid = arguments["jid"];
  auto credentials = co_await hash(jid, Secret(std::move(arguments["password"])));
  if (!credentials) co_return Err(std::move(credentials.error()));
  auto change = [jid, keys = *std::move(credentials)](storage::Stores& stores) {
    return stores.accounts().set_credentials(jid, keys);
  };
  const auto changed = co_await write<bool>(context_, jid, std::move(change));
  if (!changed) co_return storage_failed(changed.error());
  if (!*changed) co_return no_such_account(jid);

  co_return co_await announce_change(jid, false);
}

Task<Reply> AccountCommands::del(Arguments arguments) {
  const std::string jid = arguments["jid"];
  using Outcome = Result<bool, storage::Error>;
  Shard* shard = context_->services.shards[context_->services.map.owner(jid).shard];
  auto start = [shard, &jid](Delivery<Outcome> deliver) {
    shard->reactor().post([shard, jid, deliver = std::make_shared<Delivery<Outcome>>(std::move(deliver))] {
      remove_at_owner(*shard, jid, [deliver](Outcome outcome) { (*deliver)(std::move(outcome)); });
    });
  };
  const std::optional<Outcome> removed = co_await await_result<Outcome>(context_->reactor, start);
  if (!removed) co_return stopping();
  if (!*removed) co_return storage_failed(removed->error());
  if (!**removed) co_return no_such_account(jid);

  co_return json::object{{"jid", jid}};
}

Task<Reply> AccountCommands::set_disabled(Arguments arguments, bool disabled) {
  const std::string jid = arguments["jid"];
  auto change = [jid, disabled](storage::Stores& stores) {
    return stores.accounts().set_disabled(jid, disabled);
  };
  const auto changed = co_await write<bool>(context_, jid, change);
  if (!changed) co_return storage_failed(changed.error());
  if (!*changed) co_return no_such_account(jid);

  co_return co_await announce_change(jid, disabled);
}

/// Tells the account's shard that the store has changed under it.
Task<Reply> AccountCommands::announce_change(std::string jid, bool end_sessions) {
  Shard* shard = context_->services.shards[context_->services.map.owner(jid).shard];
  auto start = [shard, bare = Jid(JidView::of_canonical(jid)), end_sessions](Delivery<bool> deliver) {
    shard->reactor().post([shard, bare, end_sessions, deliver = std::move(deliver)]() mutable {
      shard->account_changed(bare, end_sessions, [deliver = std::move(deliver)]() mutable { deliver(true); });
    });
  };
  const auto told = co_await await_result<bool>(context_->reactor, start);
  if (!told) co_return stopping();
  co_return json::object{{"jid", jid}};
}

Task<Reply> AccountCommands::list(Arguments arguments) {
  std::vector<std::string> hosts;
  const auto config = context_->process.config();
  for (const HostConfig& host : config->hosts) hosts.push_back(host.name);
  if (const auto chosen = arguments.find("host"); chosen != arguments.end()) hosts = {chosen->second};

  json::array users;
  for (const std::string& host : hosts) {
    std::string after;
    for (bool more = true; more;) {
      const auto accounts = co_await page(host, after);
      if (!accounts) co_return storage_failed(accounts.error());
      for (const storage::AccountSummary& account : *accounts) {
        users.push_back(json::object{{"jid", account.jid},
                                     {"created", format_utc(account.created_at)},
                                     {"disabled", account.disabled},
                                     {"shard", context_->services.map.owner(account.jid).shard}});
      }
      more = accounts->size() == kAccountsPerRead;
      if (more) after = accounts->back().jid;
    }
  }
  co_return json::object{{"users", std::move(users)}};
}

Task<Result<std::vector<storage::AccountSummary>, storage::Error>> AccountCommands::page(std::string host,
                                                                                         std::string after) {
  using Page = std::vector<storage::AccountSummary>;
  auto query = [host, after](storage::Stores& stores) {
    return stores.accounts().list(host, after, kAccountsPerRead);
  };
  auto accounts = co_await read<Page>(context_, query);
  co_return accounts;
}

Task<Result<sasl::Credentials, CommandError>> AccountCommands::hash(std::string jid, Secret password) {
  Result<Secret, sasl::PasswordError> prepared = sasl::prepare_password(password.reveal());
  if (!prepared) {
    const bool empty = prepared.error() == sasl::PasswordError::empty;
    co_return refused("password",
                      empty ? "the password is empty" : "the password has characters that cannot be typed");
  }
  const auto config = context_->process.config();
  const std::uint32_t iterations = config->host(JidView::of_canonical(jid).domain())->scram_iterations;
  sasl::Credentials credentials;
  auto derive = [&] {
    credentials = sasl::make_credentials(*prepared, context_->services.random, iterations);
  };
  const bool ran = co_await context_->services.blocking.run(context_->reactor, derive);
  if (!ran) co_return refused(kTryAgain, "too many passwords are being hashed");
  co_return credentials;
}

}  // namespace vestnik::admin
