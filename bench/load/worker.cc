#include "bench/load/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bench/xmpp/roster.h"

namespace vestnik::bench {
namespace {

constexpr std::chrono::milliseconds kDeadlineInterval{100};

}  // namespace

Worker::Worker(const Options& options, const Plan& plan, std::vector<Account> accounts,
               std::size_t first_number)
    : options_(options),
      first_number_(first_number),
      accounts_(std::move(accounts)),
      tls_(make_client_context(options.target.ca_file)),
      context_{.loop = loop_, .tls = *tls_, .target = options.target, .listener = *this},
      peer_context_{.loop = loop_, .tls = *tls_, .target = options.peer, .listener = *this} {
  for (std::size_t i = 0; i < accounts_.size(); ++i) {
    const bool at_peer = options.has_peer() && (first_number + i) % 2 == 1;
    const bool same = i != 0 && accounts_[i].user == accounts_[i - 1].user;
    Account& account = same ? clients_.back()->account() : accounts_[i];  // its sessions share its SCRAM keys
    clients_.push_back(
        std::make_unique<Client>(at_peer ? peer_context_ : context_, account, first_number + i));
  }
  scenario_ = plan.make(*this);
  check_deadlines();
  thread_ = std::jthread([this] { loop_.run(); });
}

Worker::~Worker() {
  call([this] {
    for (const auto& client : clients_) client->drop();
  });
  loop_.stop();
}

std::size_t Worker::share_of(std::size_t whole) const {
  return std::max<std::size_t>(1, (whole + options_.threads - 1) / options_.threads);
}

void Worker::call(const std::function<void()>& function) {
  const auto done =
      std::make_shared<std::promise<void>>();  // shared: set_value() may still be at work when we return
  loop_.post([done, &function] {
    function();
    done->set_value();
  });
  done->get_future().wait();
}

std::future<void> Worker::for_each_client(Script script) {
  auto sweep = std::make_shared<Sweep>();
  sweep->script = std::move(script);
  auto finished = sweep->finished.get_future();
  finished_ = 0;
  loop_.post([this, sweep] { continue_sweep(sweep); });
  return finished;
}

std::future<void> Worker::prepare_clients() {
  return for_each_client([this](Client& client) { return prepare(client); });
}

Task<> Worker::prepare(Client& client) {
  if (options_.roster_items != 0) co_await fill_roster(client, options_.roster_items);
  co_await scenario_->prepare(client);
}

void Worker::continue_sweep(const std::shared_ptr<Sweep>& sweep) {
  const std::size_t limit =
      std::max<std::size_t>(2, share_of(options_.concurrency));  // 2: a pair may wait for its half
  while (sweep->begun < clients_.size() && sweep->running < limit) {
    Client& client = *clients_[sweep->begun++];
    ++sweep->running;
    client.run(sweep->script(client), [this, sweep] {
      --sweep->running;
      ++finished_;
      loop_.defer([this, sweep] { continue_sweep(sweep); });
    });
  }
  if (sweep->begun == clients_.size() && sweep->running == 0 && sweep->script) {
    sweep->script = {};
    sweep->finished.set_value();
  }
}

void Worker::on_failed(Client& client, std::string_view step, std::string_view reason) {
  tally_.fail(fmt::format("{}: {}", step, reason), client.account().user);
}

void Worker::check_deadlines() {
  const auto now = Clock::now();
  for (const auto& client : clients_) client->check_deadline(now);
  loop_.call_at(now + kDeadlineInterval, [this] { check_deadlines(); });
}

}  // namespace vestnik::bench
