#include "shard/shard_group.h"

#include <fmt/format.h>
#include <pthread.h>

#include <future>
#include <latch>
#include <stdexcept>
#include <utility>

namespace vestnik {
namespace {

// Threads for password hashing; two keep a storm of PLAIN logins from taking every core.
constexpr std::size_t kBlockingThreads = 2;
constexpr std::size_t kBlockingQueue = 2'000;
// How long connections that were cut off at a stop may take to end.
constexpr std::chrono::seconds kCutOff{1};

SipKey fresh_key(RandomSource& random) {
  std::array<std::byte, 16> bytes{};
  random.fill(bytes);
  return SipKey::from_bytes(bytes);
}

// What the installation was given at its first start.
std::string stored_value(storage::Storage& storage, const std::string& name, const std::string& first) {
  std::promise<Result<std::string, storage::Error>> promise;
  auto future = promise.get_future();
  storage.write(
      {.owner = "", .bytes = first.size()},
      [name, first](storage::Stores& stores) {
        if (auto known = stores.meta().get(name)) return *known;
        stores.meta().put(name, first);
        return first;
      },
      [&promise](Result<std::string, storage::Error> result) { promise.set_value(std::move(result)); });
  auto result = future.get();
  if (!result) throw std::runtime_error("the store cannot be written: " + result.error().text);
  return std::move(*result);
}

// A secret of the installation.
std::string stored_secret(storage::Storage& storage, RandomSource& random, const std::string& name,
                          std::size_t bytes) {
  std::string fresh(bytes, '\0');
  random.fill(std::as_writable_bytes(std::span(fresh)));
  return stored_value(storage, name, fresh);
}

// Keys in the store are prepared addresses, and newer Unicode tables may prepare some otherwise (RULES 8).
void check_address_tables(storage::Storage& storage, Log& log) {
  const std::string stored = stored_value(storage, "jid_tables", jid_tables_version());
  if (stored == jid_tables_version()) return;
  log.warn("storage.address_tables", {{"stored", stored},
                                      {"current", jid_tables_version()},
                                      {"text", "an address with rare characters may no longer be found"}});
}

// What the store says before anybody else uses it.
template <typename Query>
auto ask(storage::Storage& storage, Query query) {
  using Answer = Result<std::invoke_result_t<Query&, storage::Stores&>, storage::Error>;
  std::promise<Answer> promise;
  auto future = promise.get_future();
  storage.read(storage::kNoWrite, std::move(query),
               [&promise](Answer answer) { promise.set_value(std::move(answer)); });
  Answer answer = future.get();
  if (!answer) throw std::runtime_error("the store cannot be read: " + answer.error().text);
  return std::move(*answer);
}

void name_thread(const std::string& name) { ::pthread_setname_np(::pthread_self(), name.c_str()); }

}  // namespace

ShardGroup::ShardGroup(const std::shared_ptr<const Config>& config, Log& log, storage::Storage& storage)
    : log_(log), blocking_(kBlockingThreads, kBlockingQueue) {
  check_address_tables(storage, log);
  random_.fill(std::as_writable_bytes(std::span(ticket_keys_)));
  tls_ = std::make_shared<const TlsContext>(*config, ticket_keys_);
  const auto s2s_tls = std::make_shared<const TlsContext>(*config, ticket_keys_, TlsPeers::servers);
  addresses_ = std::make_unique<AddressLedger>(fresh_key(random_), config->limits.trusted);
  const std::string map_key = stored_secret(storage, random_, "shard_map_key", sizeof(SipKey));
  const auto workers = static_cast<ShardId>(config->server.worker_count());
  services_ = std::make_unique<Services>(
      log, storage, blocking_, random_, *addresses_,
      ShardMap(SipKey::from_bytes(std::as_bytes(std::span<const char, 16>(map_key.data(), 16))), workers,
               static_cast<ShardId>(config->s2s.workers)),
      stored_secret(storage, random_, "server_secret", 32), std::chrono::system_clock::now());
  services_->next_archive_body =
      ask(storage, [](storage::Stores& stores) { return stores.archive().next_body(); });
  for (ShardId id = workers; id < services_->map.all(); ++id) {
    s2s_.push_back(std::make_unique<S2sShard>(id, *services_, config, s2s_tls));
    services_->s2s.push_back(s2s_.back().get());
  }
  for (ShardId id = 0; id < workers; ++id) {
    shards_.push_back(std::make_unique<Shard>(id, *services_, config, tls_));
    services_->shards.push_back(shards_.back().get());
  }
  for (auto& shard : shards_) shard->listen();
  for (auto& shard : s2s_) shard->listen();
}

ShardGroup::~ShardGroup() {
  if (running_) stop(std::chrono::milliseconds{0});
}

void ShardGroup::start() {
  running_ = true;
  for (auto& shard : s2s_) {
    threads_.emplace_back([&shard = *shard] {
      name_thread(fmt::format("s2s-{}", shard.id()));
      shard.start();
      shard.reactor().run();
    });
  }
  for (auto& shard : shards_) {
    threads_.emplace_back([&shard = *shard] {
      name_thread(fmt::format("shard-{}", shard.id()));
      shard.start();
      shard.reactor().run();
    });
  }
}

// The workers first: what their sessions' ends tell other servers still goes out.
bool ShardGroup::stop(std::chrono::milliseconds deadline) {
  if (!running_.exchange(false)) return true;
  const auto until = std::chrono::steady_clock::now() + deadline;
  bool in_order = true;
  std::vector<std::future<void>> begun;
  std::vector<std::future<void>> ended;
  const auto stop_one = [&](auto& shard) {
    auto has_begun = std::make_shared<std::promise<void>>();
    auto has_ended = std::make_shared<std::promise<void>>();
    begun.push_back(has_begun->get_future());
    ended.push_back(has_ended->get_future());
    shard.reactor().post([&shard, has_begun, has_ended] {
      shard.stop([has_ended] { has_ended->set_value(); });
      // Behind the turn's work, so that what it tells others has left.
      shard.reactor().at_turn_end([has_begun] { has_begun->set_value(); });
    });
  };
  const auto wait = [&](std::vector<std::future<void>>& futures) {
    for (auto& future : futures) in_order = future.wait_until(until) == std::future_status::ready && in_order;
  };
  for (auto& shard : shards_) stop_one(*shard);
  wait(begun);
  for (auto& shard : s2s_) stop_one(*shard);
  wait(ended);
  if (!in_order) log_.warn("stop.deadline", {{"text", "connections were cut off"}});
  if (!in_order) {
    for (auto& shard : shards_) shard->reactor().post([&shard = *shard] { shard.abort_connections(); });
    for (auto& shard : s2s_) shard->reactor().post([&shard = *shard] { shard.abort_connections(); });
    for (auto& future : ended) future.wait_for(kCutOff);  // what was cut off has to notice it
  }
  for (auto& shard : shards_) shard->reactor().stop();
  for (auto& shard : s2s_) shard->reactor().stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  return in_order;
}

void ShardGroup::reload(std::shared_ptr<const Config> config) {
  auto tls = std::make_shared<const TlsContext>(*config, ticket_keys_);
  auto s2s_tls = std::make_shared<const TlsContext>(*config, ticket_keys_, TlsPeers::servers);
  tls_ = tls;
  for (auto& shard : shards_) run_on(shard->reactor(), [&] { shard->apply_config(config, tls); });
  for (auto& shard : s2s_) run_on(shard->reactor(), [&] { shard->apply_config(config, s2s_tls); });
}

// Returns when it has run. On the main thread, which also stops the shards: so none of them ends in between.
void ShardGroup::run_on(Reactor& reactor, const std::function<void()>& function) {
  std::promise<void> promise;
  reactor.post([&] {
    function();
    promise.set_value();
  });
  promise.get_future().wait();
}

}  // namespace vestnik
