#pragma once
#include <chrono>
#include <functional>
#include <string_view>

#include "core/runtime/timer_wheel.h"
#include "shard/session/client_link.h"

namespace vestnik {

class Session;
class Shard;

/// Stands for the connection of a session that has lost its own and waits to be resumed (XEP-0198 §5): what
/// is written goes nowhere, for the session's ManagedStream keeps it. Ends the session when the time is up.
/// That and nothing else is what a sleeping session costs. The shard's thread; owned by the session.
class SleepingLink final : public ClientLink {
 public:
  /// `patience`: how long the session may sleep.
  SleepingLink(Shard& shard, Session& session, std::chrono::milliseconds patience);
  ~SleepingLink() override;
  SleepingLink(const SleepingLink&) = delete;
  SleepingLink& operator=(const SleepingLink&) = delete;

  void send(std::string_view /*xml*/) override {}
  void close(const StreamError& error) override;
  void abort() override;
  void replaced(const StreamError& /*error*/) override {}
  void expect_sign_of_life() override {}
  void host_may_be_gone() override;
  void pause_input() override {}
  void resume_input() override {}
  /// False, once: the session's end will tell.
  void when_written(std::move_only_function<void(bool)> function) override { function(false); }
  std::size_t queued_bytes() const override { return 0; }
  std::size_t memory() const override { return sizeof(*this); }
  LinkInfo info() const override { return {.address = "", .transport = "sleeping", .tls = ""}; }

  /// Starts the time anew.
  void extend(std::chrono::milliseconds patience);

 private:
  Shard& shard_;
  Session& session_;
  Timer timer_;
};

}  // namespace vestnik
