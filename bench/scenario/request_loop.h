#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/load/pacer.h"
#include "bench/load/worker.h"
#include "bench/scenario/scenario.h"

namespace CLI {
class App;
}

namespace vestnik::bench {

/// How requests follow one another.
struct RequestLoad {
  std::size_t window = 1;  ///< closed loop: requests of each client under way
  double rate = 0;         ///< open loop: requests per second of the whole run; 0: closed loop

  void add_options(CLI::App& app);
  std::string describe() const;
};

/// A scenario of iq requests that every client sends to the server. What is asked is all that differs.
class RequestLoop final : public Scenario {
 public:
  /// Appends one request with this id to `out`. `number` counts the client's requests from 0.
  using Write =
      std::function<void(std::string& out, const Client& client, std::string_view id, std::uint64_t number)>;

  RequestLoop(Worker& worker, const RequestLoad& load, Write write);

  void start() override;
  void stop() override;
  bool drained() const override { return outstanding_ == 0; }
  void finish() override;
  void on_stanza(Client& client, Element stanza) override;

 private:
  void send(std::size_t index, Clock::time_point due);

  Worker& worker_;
  const RequestLoad& load_;
  Write write_;
  Pacer pacer_;
  std::vector<std::uint64_t> sent_;  ///< by client
  std::uint64_t outstanding_ = 0;
  std::size_t next_paced_ = 0;
  std::string request_;
  bool stopping_ = false;
};

}  // namespace vestnik::bench
