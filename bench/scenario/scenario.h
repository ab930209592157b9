#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/options.h"
#include "bench/xmpp/client.h"

namespace CLI {
class App;
}

namespace vestnik::bench {

class Worker;

/// One thread's share of a load: what its clients do. All calls are made on that thread.
///
/// A run brings the clients online, prepares them, start()s the load, measures for a while, stop()s it, waits
/// until it has drained() and asks for the verdict. Completed operations go to the worker's tally.
class Scenario {
 public:
  virtual ~Scenario() = default;

  /// Prepares one client, part by part of all of them, before start(). All clients are online.
  virtual Task<> prepare(Client& client);
  virtual void start() = 0;
  /// Begins no new operation from here on.
  virtual void stop() {}
  /// No operation is outstanding.
  virtual bool drained() const { return true; }
  /// Called last: tallies what never came back.
  virtual void finish() {}
  /// A stanza that no script of the client waited for.
  virtual void on_stanza(Client& client, Element stanza);
};

/// A kind of load as the command line knows it: its name, its options, and how a thread's share of it is
/// made.
class Plan {
 public:
  virtual ~Plan() = default;

  virtual std::string_view name() const = 0;
  virtual std::string_view summary() const = 0;    ///< one line of help
  virtual std::string_view operation() const = 0;  ///< what is counted, in the singular: `message`
  virtual bool counts_operations() const { return true; }
  virtual void add_options(CLI::App& app) = 0;
  /// The options in use, for the report.
  virtual std::string describe() const = 0;
  /// A sentence if these options cannot work.
  virtual std::optional<std::string> refuse(const Options& options) const;
  /// Whether the clients are online when the load starts. If not, logging in is (part of) the load; each user
  /// then has logged in once before, so that the keys derived from the password are at hand.
  virtual bool starts_online() const { return true; }
  /// Whether the load ends by itself (Worker::load_is_done) instead of after `--duration`.
  virtual bool ends_by_itself() const { return false; }
  /// Whether the sessions outlive their connections, which the load has cut.
  virtual bool sessions_sleep() const { return false; }
  /// Whether it makes sense against vestnik-relay, which knows no XMPP.
  virtual bool works_with_relay() const { return false; }
  virtual std::unique_ptr<Scenario> make(Worker& worker) const = 0;
};

/// Every scenario there is, in the order of the help; the one place that knows them all.
std::vector<std::unique_ptr<Plan>> all_plans();

}  // namespace vestnik::bench
