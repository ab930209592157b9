#pragma once
#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "bench/load/options.h"
#include "bench/load/tally.h"
#include "bench/net/event_loop.h"
#include "bench/scenario/scenario.h"
#include "bench/xmpp/client.h"

namespace vestnik::bench {

/// One thread with its share of the users, and the scenario they follow.
class Worker final : private ClientListener {
 public:
  using Script = std::function<Task<>(Client&)>;

  /// `first_number` is the number of the first of `accounts` in the run. Starts the thread.
  Worker(const Options& options, const Plan& plan, std::vector<Account> accounts, std::size_t first_number);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  /// Disconnects everybody without ceremony.
  ~Worker() override;

  // For scenarios, on the worker's thread.
  EventLoop& loop() { return loop_; }
  const Options& options() const { return options_; }
  std::span<const std::unique_ptr<Client>> clients() const { return clients_; }
  /// This client's place in clients().
  std::size_t index_of(const Client& client) const { return client.number() - first_number_; }
  /// This thread's part of a figure given for the whole run, at least 1.
  std::size_t share_of(std::size_t whole) const;
  double share_of(double whole) const { return whole / options_.threads; }
  Tally& tally() { return tally_; }
  void load_is_done() { load_done_ = true; }

  // For the run, on its own thread.
  /// Runs `script` for every client, a limited number at a time; ready when all have come to their end, which
  /// they do not if one fails.
  std::future<void> for_each_client(Script script);
  /// The same with what the options and the scenario want done once everybody is online.
  std::future<void> prepare_clients();
  /// How many clients have come to the end of the script that they were given last.
  std::size_t finished() const { return finished_; }
  /// Runs `function` on the worker's thread and waits for it; whatever that thread wrote before is then
  /// visible.
  void call(const std::function<void()>& function);
  Scenario& scenario() { return *scenario_; }
  const Tally& tally() const { return tally_; }
  bool is_load_done() const { return load_done_; }

 private:
  struct Sweep {
    Script script;
    std::promise<void> finished;
    std::size_t begun = 0;
    std::size_t running = 0;
  };

  void on_stanza(Client& client, Element stanza) override { scenario_->on_stanza(client, stanza); }
  void on_failed(Client& client, std::string_view step, std::string_view reason) override;
  Task<> prepare(Client& client);
  void continue_sweep(const std::shared_ptr<Sweep>& sweep);
  void check_deadlines();

  const Options& options_;
  std::size_t first_number_;
  std::vector<Account> accounts_;
  EventLoop loop_;
  TlsContext tls_;
  ClientContext context_;
  ClientContext peer_context_;  ///< of the users of a second server
  std::vector<std::unique_ptr<Client>> clients_;
  Tally tally_;
  std::unique_ptr<Scenario> scenario_;
  std::atomic<bool> load_done_{false};
  std::atomic<std::size_t> finished_{0};
  std::jthread thread_;
};

}  // namespace vestnik::bench
