#pragma once
#include <doctest/doctest.h>

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/load.h"
#include "core/storage/storage.h"
#include "shard/feature/feature.h"
#include "shard/shard_group.h"
#include "tests/unit/io/certificate.h"

namespace vestnik {

/// Something that one thread says once and another waits for. Copies are the same signal: whoever sets it
/// holds one of its own, so that it may be gone on the waiting side by the time set() returns.
class Signal {
 public:
  void set() const { promise_->set_value(); }
  void wait() const { promise_->get_future().wait(); }

 private:
  std::shared_ptr<std::promise<void>> promise_ = std::make_shared<std::promise<void>>();
};

/// The client's end of a session without a network: what it is sent waits here for the test. send() and the
/// like on the session's thread, next() on any other.
class FakeLink : public ClientLink {
 public:
  explicit FakeLink(Shard& shard) : shard_(shard) {}

  void send(std::string_view xml) override {
    const std::scoped_lock lock(mutex_);
    sent_.emplace_back(xml);
    arrived_.notify_one();
  }
  void close(const StreamError& error) override { send(error.to_xml()); }
  void replaced(const StreamError& error) override { send(error.to_xml()); }
  void abort() override {}
  void expect_sign_of_life() override {}
  void host_may_be_gone() override {}
  void pause_input() override { ++pauses_; }
  void resume_input() override { --pauses_; }
  void when_written(std::move_only_function<void(bool)> function) override {
    shard_.reactor().at_turn_end([function = std::move(function)]() mutable { function(true); });
  }
  std::size_t memory() const override { return 0; }
  std::size_t queued_bytes() const override { return 0; }
  LinkInfo info() const override { return {.address = "192.0.2.1", .transport = "test", .tls = ""}; }

  bool empty() {
    const std::scoped_lock lock(mutex_);
    return sent_.empty();
  }
  /// The next element, waited for; the test ends if none comes.
  std::string next() {
    constexpr std::chrono::seconds kPatience{60};
    std::unique_lock lock(mutex_);
    REQUIRE(arrived_.wait_for(lock, kPatience, [this] { return !sent_.empty(); }));
    std::string first = std::move(sent_.front());
    sent_.pop_front();
    return first;
  }
  /// The next element as a stanza.
  Stanza next_stanza() { return Stanza::from_stored(next()).value(); }

 private:
  Shard& shard_;
  int pauses_ = 0;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::string> sent_;
};

/// Shards with their threads over a storage of their own, without listeners: sessions are bound by the test.
class TestShards {
 public:
  /// `configure` may change the configuration.
  explicit TestShards(std::uint32_t workers, const std::function<void(Config&)>& configure = {}) {
    Config config =
        config::load_text("[[host]]\nname = \"example.org\"\n[tls]\ncertificate = \"c\"\nkey = \"k\"\n",
                          "/test.toml", {.features = kFeatures})
            .value();
    config.hosts = config_of_hosts(dir_, {"example.org"}).hosts;
    config.server.workers = workers;
    config.c2s.listen.clear();
    config.s2s.listen.clear();
    config.storage.path = dir_.path() / "vestnik.db";
    config.storage.durability = Durability::relaxed;
    if (configure) configure(config);
    storage_ = storage::open_storage(config.storage, {});
    group_ = std::make_unique<ShardGroup>(std::make_shared<const Config>(std::move(config)), log_, *storage_);
    group_->start();
  }
  ~TestShards() {
    // As the server does it: what the storage still has to say reaches shards that are stopped, not gone.
    group_->stop(std::chrono::seconds{5});
    storage_->close(std::chrono::seconds{5});
  }
  TestShards(const TestShards&) = delete;
  TestShards& operator=(const TestShards&) = delete;

  ShardGroup& group() { return *group_; }
  storage::Storage& storage() { return *storage_; }
  Shard& owner(const Jid& jid) {
    const Services& services = group_->services();
    return *services.shards[services.map.owner(jid.bare()).shard];
  }

  Jid add_account(std::string_view local) {
    const Jid jid = Jid::from_parts(local, "example.org").value();
    const Signal done;
    bool created = false;
    storage_->write(
        {.owner = jid.full()},
        [jid](storage::Stores& stores) {
          return stores.accounts().create(
              {.jid = jid.full(), .created_at = {}, .last_activity = {}, .credentials = {}});
        },
        [&created, done](const Result<bool, storage::Error>& result) {
          created = result.value_or(false);
          done.set();
        });
    done.wait();
    REQUIRE(created);
    return jid;
  }

  /// An account that lives on this shard.
  Jid add_account_on(ShardId shard) {
    for (;;) {
      const Jid jid = Jid::from_parts(fmt::format("user{}", ++names_), "example.org").value();
      if (owner(jid).id() == shard) return add_account(jid.local());
    }
  }

  /// Runs `function` on the shard of `jid` and waits for it.
  void at(const Jid& jid, const std::function<void(Shard&)>& function) {
    Shard& shard = owner(jid);
    const Signal done;
    shard.reactor().post([&function, &shard, done] {
      function(shard);
      done.set();
    });
    done.wait();
  }
  /// Returns at the end of a turn of the shard of `jid`, when it has handed over what it has for other
  /// shards.
  void end_turn(const Jid& jid) {
    const Signal ended;
    at(jid, [&](Shard& shard) { shard.reactor().at_turn_end([ended] { ended.set(); }); });
    ended.wait();
  }
  /// Loads the account first; nothing happens if there is none.
  void with_account(const Jid& jid, const std::function<void(Account&)>& function) {
    const Signal done;
    at(jid, [&](Shard& shard) {
      shard.with_account(jid.to_bare(), [&function, done](Account* account) {
        if (account != nullptr) function(*account);
        done.set();
      });
    });
    done.wait();
  }

 private:
  inline static const std::vector<FeatureSpec> kFeatures = feature_specs();
  int names_ = 0;
  TempDir dir_;
  Log log_{{.level = LogLevel::off, .file = "/dev/null"}};
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<ShardGroup> group_;
};

/// A bound session and its client's end.
class TestClient {
 public:
  TestClient(TestShards& shards, const Jid& full) : shards_(shards), jid_(full), link_(shards.owner(full)) {
    shards_.with_account(
        jid_, [this](Account& account) { session_ = &account.shard().bind(account, jid_, link_); });
    REQUIRE(session_ != nullptr);
  }
  ~TestClient() {
    shards_.at(jid_, [this](Shard& shard) { shard.end_session(*session_, ""); });
  }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  const Jid& jid() const { return jid_; }
  FakeLink& link() { return link_; }
  /// What the client sends, as if it had come over the network. Handled when this returns, not yet delivered.
  void send(std::string_view xml) {
    shards_.at(jid_, [&](Shard& shard) { shard.on_client_stanza(*session_, stanza(xml)); });
  }
  /// The same, not waited for.
  void post(std::vector<std::string> elements) {
    Shard& shard = shards_.owner(jid_);
    shard.reactor().post([this, &shard, elements = std::move(elements)] {
      for (const std::string& xml : elements) shard.on_client_stanza(*session_, stanza(xml));
    });
  }

 private:
  Stanza stanza(std::string_view xml) const { return Stanza::from_xml(xml, jid_, "").value(); }

  TestShards& shards_;
  Jid jid_;
  FakeLink link_;
  Session* session_ = nullptr;
};

/// Keeps a shard's thread busy from now on until open().
class ShardGate {
 public:
  explicit ShardGate(Shard& shard) {
    const Signal entered;
    shard.reactor().post([entered, opened = opened_] {
      entered.set();
      opened.wait();
    });
    entered.wait();
  }
  ~ShardGate() { open(); }
  ShardGate(const ShardGate&) = delete;
  ShardGate& operator=(const ShardGate&) = delete;
  void open() {
    if (!std::exchange(is_open_, true)) opened_.set();
  }

 private:
  Signal opened_;
  bool is_open_ = false;
};

}  // namespace vestnik
