#include <openssl/crypto.h>

#include <malloc.h>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include "bench/micro/micro.h"
#include "bench/micro/samples.h"
#include "bench/net/tls.h"
#include "core/io/tls_engine.h"
#include "tests/unit/io/certificate.h"

namespace vestnik::bench {
namespace {

std::size_t openssl_bytes = 0;  // what OpenSSL holds; counted from count_openssl_memory() on

void* counted_realloc(void* old, std::size_t size, const char*, int) {
  openssl_bytes -= ::malloc_usable_size(old);
  void* made = std::realloc(old, size);
  openssl_bytes += ::malloc_usable_size(made);
  return made;
}
void* counted_malloc(std::size_t size, const char* file, int line) {
  return counted_realloc(nullptr, size, file, line);
}
void counted_free(void* old, const char*, int) {
  openssl_bytes -= ::malloc_usable_size(old);
  std::free(old);
}

/// What all connections share; made when first asked for.
struct Host {
  static const Host& instance() {
    static const Host host;
    return host;
  }
  TempDir dir;
  Config config = config_of_hosts(dir, {"example.org"});
  std::shared_ptr<const vestnik::TlsContext> server =
      std::make_shared<const vestnik::TlsContext>(config, vestnik::TlsContext::TicketKeys{1});
  bench::TlsContext client = make_client_context("");
};

/// The server's end of a connection whose handshake is done, and then forgotten by its client.
class Connection {
 public:
  Connection() : engine_(Host::instance().server, "example.org", "xmpp-client") {
    bench::TlsEngine client(*Host::instance().client, bench::TlsEngine::Role::client, "example.org");
    engine_.set_output(&to_client_);
    bool done = false;
    while (!done || !engine_.handshake_done()) {
      client.feed(to_client_);
      const auto step = client.handshake(to_server_);
      if (!step) throw std::runtime_error(step.error());
      done = *step;
      to_client_.clear();
      engine_.feed(to_server_);
      engine_.handshake();
      to_server_.clear();
    }
    to_client_ = {};
  }

  void write(std::string_view text) {
    std::string record;
    engine_.set_output(&record);
    keep(engine_.write(text));
  }

 private:
  std::string to_client_;
  std::string to_server_;
  vestnik::TlsEngine engine_;
};

void encrypt(std::uint64_t iterations) {
  Connection connection;
  for (std::uint64_t i = 0; i < iterations; ++i) connection.write(kMessage);
}

void shake_hands(std::uint64_t iterations) {
  for (std::uint64_t i = 0; i < iterations; ++i) keep(std::make_unique<Connection>().get());
}

/// What OpenSSL holds for one idle connection that has been used.
std::size_t connection_bytes() {
  constexpr std::size_t kConnections = 16;
  const auto make = [] {
    auto connection = std::make_unique<Connection>();
    connection->write(kMessage);
    return connection;
  };
  const auto first = make();  // loads what is loaded once
  const std::size_t before = openssl_bytes;
  std::vector<std::unique_ptr<Connection>> connections;
  for (std::size_t i = 0; i < kConnections; ++i) connections.push_back(make());
  return (openssl_bytes - before) / kConnections;
}

}  // namespace

void count_openssl_memory() { CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free); }

void add_tls(std::vector<Micro>& all) {
  all.push_back({"tls/encrypt-message", encrypt});
  all.push_back({.name = "tls/handshake-both-sides", .run = shake_hands, .is_counted = false});
}

void add_tls_weights(std::vector<Weight>& all) { all.push_back({"tls/idle-connection", connection_bytes}); }

}  // namespace vestnik::bench
