#include "core/io/transport.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <tuple>

#include "core/runtime/task_scope.h"
#include "tests/unit/io/certificate.h"
#include "tests/unit/io/tls_client.h"

namespace vestnik {
namespace {

/// The peer's end of a connection whose other end a Transport has.
class Peer {
 public:
  /// The transport's end, to be adopted as a connection that has just moved here.
  MovedTransport connect() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    fd_ = ends[0];
    MovedTransport moved;
    moved.fd = ends[1];
    return moved;
  }
  Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { close(); }

  void send(std::string_view bytes) const {
    REQUIRE(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
  }
  /// What has come; nothing is waited for.
  std::string receive() const {
    std::string all;
    std::array<char, 65'536> piece;
    for (ssize_t got = 0; (got = ::recv(fd_, piece.data(), piece.size(), 0)) > 0;) {
      all.append(piece.data(), static_cast<std::size_t>(got));
    }
    return all;
  }
  bool sees_end() const {
    char byte = 0;
    return ::recv(fd_, &byte, 1, 0) == 0;
  }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

/// A thread's worth of what transports need.
struct Thread {
  Reactor reactor;
  IoBuffers buffers;
  std::unique_ptr<Transport> adopt(MovedTransport moved) {
    return std::make_unique<Transport>(reactor, buffers, std::move(moved));
  }
};

std::unique_ptr<TlsEngine> new_engine() {
  struct Host {
    TempDir dir;
    std::shared_ptr<const TlsContext> context =
        std::make_shared<const TlsContext>(config_of_hosts(dir, {"example.org"}), TlsContext::TicketKeys{});
  };
  static const Host host;
  return std::make_unique<TlsEngine>(host.context, "example.org", "xmpp-client");
}

/// What is done between would_block and reading again; the tests know that there is something.
void wait_for_input(Transport& transport) { std::ignore = transport.readable(); }

void shake_hands(Transport& transport, const Peer& peer, TlsClient& client) {
  client.handshake();
  peer.send(client.take_output());
  REQUIRE(transport.handshake() == IoStatus::would_block);
  REQUIRE(client.handshake(peer.receive()));
  peer.send(client.take_output());
  wait_for_input(transport);
  REQUIRE(transport.handshake() == IoStatus::ok);
  client.decrypt(peer.receive());  // the tickets
  wait_for_input(transport);
}

/// All that can be read now, and how it ended.
IoStatus read_all(Transport& transport, std::string& text) {
  for (bool waited = false;;) {
    const Transport::ReadResult got = transport.read();
    text.append(got.text());
    if (got.status != IoStatus::ok && (got.status != IoStatus::would_block || waited)) return got.status;
    waited = got.status == IoStatus::would_block;
    if (waited) wait_for_input(transport);
  }
}

}  // namespace

TEST_CASE("bytes come as they were sent, then the end") {
  Thread thread;
  Peer peer;
  const auto transport = thread.adopt(peer.connect());
  std::string text;
  CHECK(read_all(*transport, text) == IoStatus::would_block);
  peer.send("one");
  CHECK(read_all(*transport, text) == IoStatus::would_block);
  peer.send("two");
  peer.close();
  CHECK(read_all(*transport, text) == IoStatus::eof);
  CHECK(text == "onetwo");
}

TEST_CASE("what the socket does not take is kept, in order, and counted") {
  Thread thread;
  Peer peer;
  const auto transport = thread.adopt(peer.connect());
  std::string sent;
  while (transport->unsent_bytes() == 0) {
    const std::string piece(10'000, static_cast<char>('a' + sent.size() / 10'000 % 26));
    REQUIRE(transport->write(piece));
    sent += piece;
  }
  const std::size_t kept = transport->unsent_bytes();
  REQUIRE(transport->write("the end"));
  CHECK(transport->unsent_bytes() == kept + 7);
  sent += "the end";
  std::string received;
  while (transport->unsent_bytes() != 0) {
    received += peer.receive();
    REQUIRE(transport->write_unsent());
  }
  received += peer.receive();
  CHECK(received == sent);
}

TEST_CASE("a broken connection says so") {
  Thread thread;
  Peer peer;
  const auto transport = thread.adopt(peer.connect());
  peer.close();
  CHECK_FALSE(transport->write("x"));
  transport->close();
  CHECK_FALSE(transport->is_open());
  CHECK_FALSE(transport->write("x"));
  CHECK(transport->read().status == IoStatus::failed);
  transport->close();
}

TEST_CASE("TLS over the socket, both ways, then the end of both") {
  Thread thread;
  Peer peer;
  TlsClient client({});
  const auto transport = thread.adopt(peer.connect());
  CHECK(transport->tls() == nullptr);
  transport->start_tls(new_engine());
  shake_hands(*transport, peer, client);
  CHECK(transport->tls()->version() == "TLSv1.3");

  peer.send(client.encrypt("one") + client.encrypt("two"));
  std::string text;
  CHECK(read_all(*transport, text) == IoStatus::would_block);
  CHECK(text == "onetwo");
  CHECK(transport->write("three"));
  CHECK(client.decrypt(peer.receive()) == "three");

  transport->close_writing();
  CHECK(client.decrypt(peer.receive()).empty());
  CHECK(client.closed_by_server());
  CHECK(peer.sees_end());
  peer.send(client.encrypt("last"));
  wait_for_input(*transport);
  CHECK(transport->read_raw().status == IoStatus::ok);
}

TEST_CASE("what came before TLS is forgotten when it starts (RFC 6120 §5.4.3.3)") {
  Thread thread;
  Peer peer;
  TlsClient client({});
  MovedTransport moved = peer.connect();
  moved.received = "<smuggled/>";
  const auto transport = thread.adopt(std::move(moved));
  transport->start_tls(new_engine());
  shake_hands(*transport, peer, client);
  std::string text;
  CHECK(read_all(*transport, text) == IoStatus::would_block);
  CHECK(text.empty());
}

TEST_CASE("whoever suspends in mid-buffer keeps what was received when another connection reads") {
  Thread thread;
  Peer peer;
  TlsClient client({});
  const auto transport = thread.adopt(peer.connect());
  transport->start_tls(new_engine());
  shake_hands(*transport, peer, client);
  peer.send(client.encrypt("one") + client.encrypt("two") + client.encrypt("three"));
  CHECK(transport->read().text() == "one");
  transport->park_input();

  Peer other;
  const auto second = thread.adopt(other.connect());
  other.send(std::string(60'000, 'x'));
  CHECK(second->read().status == IoStatus::ok);

  CHECK(transport->read().text() == "two");
  transport->park_input();
  transport->park_input();
  second->read();
  peer.send(client.encrypt("four"));
  std::string text;
  CHECK(read_all(*transport, text) == IoStatus::would_block);
  CHECK(text == "threefour");
}

TEST_CASE("a connection moves with what it has received, cut anywhere, and what it has not sent") {
  const std::string last_of_login = "<response/>";
  const std::string glued = "<stream:stream><a/>";
  std::size_t size = 2;
  for (std::size_t cut = 1; cut < size; ++cut) {
    CAPTURE(cut);
    Thread from;
    Thread to;
    Peer peer;
    TlsClient client({});
    auto transport = from.adopt(peer.connect());
    transport->start_tls(new_engine());
    shake_hands(*transport, peer, client);

    const std::string first = client.encrypt(last_of_login);
    const std::string ciphertext = first + client.encrypt("<stream:stream>") + client.encrypt("<a/>");
    size = ciphertext.size();
    peer.send(ciphertext.substr(0, cut));
    std::string text;
    while (text.size() < last_of_login.size()) {
      const Transport::ReadResult got = transport->read();
      if (got.status != IoStatus::ok) break;
      text.append(got.text());
    }
    REQUIRE(text == (cut < first.size() ? "" : last_of_login));

    MovedTransport moved = transport->release();
    CHECK_FALSE(transport->is_open());
    from.buffers.received.fill('x');
    transport = to.adopt(std::move(moved));
    peer.send(ciphertext.substr(cut));
    REQUIRE(read_all(*transport, text) == IoStatus::would_block);
    REQUIRE(text == last_of_login + glued);
    REQUIRE(transport->write("<success/>"));
    REQUIRE(client.decrypt(peer.receive()) == "<success/>");
  }
  CHECK(size > 90);
}

TEST_CASE("unsent output goes out from the new thread, before what is written there") {
  Thread from;
  Thread to;
  Peer peer;
  auto transport = from.adopt(peer.connect());
  std::size_t sent = 0;
  for (; transport->unsent_bytes() == 0; sent += 50'000) REQUIRE(transport->write(std::string(50'000, 'a')));
  transport = to.adopt(transport->release());
  CHECK(transport->unsent_bytes() != 0);
  REQUIRE(transport->write("b"));
  std::string received;
  while (transport->unsent_bytes() != 0) {
    received += peer.receive();
    REQUIRE(transport->write_unsent());
  }
  received += peer.receive();
  CHECK(received == std::string(sent, 'a') + "b");
}

TEST_CASE("a move that nobody takes over closes the connection") {
  Thread thread;
  Peer peer;
  {
    const MovedTransport lost = thread.adopt(peer.connect())->release();
  }
  CHECK(peer.sees_end());
}

namespace {

Task<void> echo(Transport& transport, std::string& seen, IoStatus& end) {
  for (;;) {
    const Transport::ReadResult got = transport.read();
    if (got.status == IoStatus::would_block) {
      const auto [error] = co_await transport.readable();
      if (error) co_return;
      continue;
    }
    end = got.status;
    if (got.status != IoStatus::ok) co_return;
    seen.append(got.text());
    transport.write(got.text());
  }
}

}  // namespace

TEST_CASE("readable() wakes for bytes and for the end, and stop_waiting() ends it") {
  for (const bool peer_closes : {true, false}) {
    CAPTURE(peer_closes);
    Thread thread;
    Log log({.level = LogLevel::off, .file = "/dev/null"});
    Peer peer;
    const auto transport = thread.adopt(peer.connect());
    std::string seen;
    IoStatus end = IoStatus::would_block;
    TaskScope scope(thread.reactor, log);
    thread.reactor.post([&] {
      scope.spawn("echo", echo(*transport, seen, end));
      scope.on_empty([&] { thread.reactor.stop(); });
      peer.send("hello");
      if (peer_closes) return peer.close();
      thread.reactor.at_turn_end([&] { thread.reactor.post([&] { transport->stop_waiting(); }); });
    });
    thread.reactor.run();
    CHECK(end == (peer_closes ? IoStatus::eof : IoStatus::ok));
    CHECK(seen == "hello");
  }
}

}  // namespace vestnik
