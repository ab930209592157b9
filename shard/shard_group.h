#pragma once
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/config/config.h"
#include "core/io/address_ledger.h"
#include "core/io/tls_context.h"
#include "core/log/log.h"
#include "core/runtime/blocking_pool.h"
#include "core/runtime/random.h"
#include "core/storage/storage.h"
#include "shard/s2s/s2s_shard.h"
#include "shard/services.h"
#include "shard/shard.h"

namespace vestnik {

/// The worker threads and the S2S threads: builds the shards, starts and stops them, and lets others ask
/// them. Main thread only, unless a function says otherwise.
class ShardGroup {
 public:
  /// Binds the listeners. Throws std::runtime_error when a certificate or a port cannot be used. `storage`
  /// must be open and outlive the group.
  ShardGroup(const std::shared_ptr<const Config>& config, Log& log, storage::Storage& storage);
  ~ShardGroup();
  ShardGroup(const ShardGroup&) = delete;
  ShardGroup& operator=(const ShardGroup&) = delete;

  void start();
  /// Ends all streams, waits for what is under way at most `deadline`, joins the threads. True: all ended in
  /// order.
  bool stop(std::chrono::milliseconds deadline);
  /// Loads certificates and hands the configuration to every shard; returns when all have it. Throws as the
  /// constructor does, and then nothing has changed.
  void reload(std::shared_ptr<const Config> config);

  std::size_t size() const { return shards_.size(); }
  Services& services() { return *services_; }

 private:
  static void run_on(Reactor& reactor, const std::function<void()>& function);

  Log& log_;
  SystemRandom random_;
  BlockingPool blocking_;
  TlsContext::TicketKeys ticket_keys_{};
  std::shared_ptr<const TlsContext> tls_;
  std::unique_ptr<AddressLedger> addresses_;
  std::unique_ptr<Services> services_;
  std::vector<std::unique_ptr<S2sShard>> s2s_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<std::thread> threads_;
  std::atomic<bool> running_{false};
};

}  // namespace vestnik
