#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "bench/net/address.h"
#include "bench/net/connection.h"
#include "bench/net/event_loop.h"
#include "bench/net/tls.h"

namespace vestnik::bench {

struct RelayOptions {
  Address listen;
  unsigned threads = 1;
  bool plain = false;             ///< no TLS
  unsigned crossing_percent = 0;  ///< of the pairs, those whose two connections are on different threads
  std::string certificate_file;   ///< PEM; both empty: a self-signed certificate
  std::string key_file;
};

class RelayThread;
class RelayPeer;

/// What any server must do at least for a one-to-one message: take a TLS record in, send the same bytes in a
/// TLS record to the other connection of the pair. It understands one line, the first of each connection,
/// `pair NUMBER SIDE`, and answers
/// `<relay><paired/>` to both sides once it has both.
class Relay {
 public:
  /// Listens when it returns. Throws std::system_error or std::runtime_error.
  explicit Relay(RelayOptions options);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;
  ~Relay();

  const RelayOptions& options() const { return options_; }
  /// Where it listens; the port is known here even if the options left it to the kernel (0).
  const Address& address() const { return options_.listen; }
  /// Which thread serves this side of a pair. As a server that shards by account does, a connection moves
  /// there once.
  RelayThread& thread_for(std::uint64_t pair, unsigned side);
  /// The side that waits under this number, if any; otherwise `peer` waits. Any thread.
  std::shared_ptr<RelayPeer> meet(std::uint64_t pair, const std::shared_ptr<RelayPeer>& peer);

 private:
  RelayOptions options_;
  std::mutex mutex_;
  std::map<std::uint64_t, std::weak_ptr<RelayPeer>> waiting_;  ///< guarded by mutex_
  std::vector<std::unique_ptr<RelayThread>> threads_;
};

}  // namespace vestnik::bench
