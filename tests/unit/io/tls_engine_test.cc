#include "core/io/tls_engine.h"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string>

#include "tests/unit/io/certificate.h"
#include "tests/unit/io/tls_client.h"

namespace vestnik {
namespace {

constexpr int kVersions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

/// Two hosts with certificates, made once.
struct Hosts {
  TempDir dir;
  Config config = config_of_hosts(dir, {"example.org", "other.example"});
  TlsContext::TicketKeys ticket_keys{1, 2, 3};
  std::shared_ptr<const TlsContext> context = std::make_shared<const TlsContext>(config, ticket_keys);
};

const Hosts& hosts() {
  static const Hosts instance;
  return instance;
}

/// An engine that gets its input in pieces of at most `cut` bytes, each destroyed when it has been used.
class Server {
 public:
  explicit Server(std::size_t cut = std::string::npos, std::string_view host = "example.org")
      : cut_(cut), engine_(hosts().context, host, "xmpp-client") {
    engine_.set_output(&output_);
  }

  TlsEngine& engine() { return engine_; }
  std::string take_output() { return std::exchange(output_, {}); }

  IoStatus handshake(std::string_view input) {
    return with_pieces(input, [this] { return engine_.handshake(); });
  }
  /// Appends the plaintext of `input` to `text`, read `size` bytes at a time.
  IoStatus read(std::string_view input, std::string& text, std::size_t size = 4'096) {
    return with_pieces(input, [&] {
      std::string buffer(size, '\0');
      std::size_t got = 0;
      IoStatus status = IoStatus::ok;
      while ((status = engine_.read(buffer, got)) == IoStatus::ok) text.append(buffer, 0, got);
      return status;
    });
  }

 private:
  template <typename Step>
  IoStatus with_pieces(std::string_view input, Step step) {
    for (;;) {
      piece_ = std::make_unique<std::string>(input.substr(0, cut_));
      input.remove_prefix(piece_->size());
      engine_.feed(*piece_);
      const IoStatus status = step();
      if (status != IoStatus::would_block || input.empty()) return status;
      REQUIRE_FALSE(engine_.has_input());  // the piece goes away now
    }
  }

  std::size_t cut_;
  std::unique_ptr<std::string> piece_;
  std::string output_;
  TlsEngine engine_;
};

void shake_hands(TlsClient& client, Server& server) {
  bool client_done = client.handshake();
  IoStatus status = IoStatus::would_block;
  for (int round = 0; round < 4 && (status != IoStatus::ok || !client_done); ++round) {
    status = server.handshake(client.take_output());
    client_done = client.handshake(server.take_output());
  }
  REQUIRE(status == IoStatus::ok);
  REQUIRE(client_done);
}

std::string big_text(std::size_t size) {
  std::string text;
  while (text.size() < size) text += std::to_string(text.size()) + ' ';
  return text;
}

}  // namespace

TEST_CASE("a handshake and a message, in pieces of every size") {
  for (const int version : kVersions) {
    std::size_t longest = 2;
    for (std::size_t cut = 1; cut <= longest; ++cut) {
      CAPTURE(cut);
      TlsClient client({.version = version});
      Server server(cut);
      client.handshake();
      const std::string hello = client.take_output();
      longest = std::max(longest, hello.size());
      REQUIRE(server.handshake(hello) == IoStatus::would_block);
      const bool client_done = client.handshake(server.take_output());
      REQUIRE(client_done == (version == TLS1_3_VERSION));
      REQUIRE(server.handshake(client.take_output()) == IoStatus::ok);
      REQUIRE(server.engine().handshake_done());
      REQUIRE(client.handshake(server.take_output()));

      std::string text;
      REQUIRE(server.read(client.encrypt("<a/>"), text) == IoStatus::would_block);
      REQUIRE(text == "<a/>");
      REQUIRE(server.engine().write("<b/>"));
      REQUIRE(client.decrypt(server.take_output()) == "<b/>");
    }
    CHECK(longest > 100);
  }
}

TEST_CASE("what comes right behind the handshake is not lost") {
  TlsClient client({});
  Server server;
  client.handshake();
  REQUIRE(server.handshake(client.take_output()) == IoStatus::would_block);
  REQUIRE(client.handshake(server.take_output()));
  const std::string glued = client.take_output() + client.encrypt("<stream>");
  REQUIRE(server.handshake(glued) == IoStatus::ok);
  CHECK(server.engine().has_input());
  std::string text;
  const std::string rest(server.engine().take_input());
  CHECK_FALSE(server.engine().has_input());
  CHECK(server.read(rest, text) == IoStatus::would_block);
  CHECK(text == "<stream>");
}

TEST_CASE("big texts in both directions, into buffers of any size") {
  const std::string big = big_text(100'000);
  for (const int version : kVersions) {
    TlsClient client({.version = version});
    Server server(1'500);
    shake_hands(client, server);
    const std::string ciphertext = client.encrypt(big);
    std::string text;
    CHECK(server.read(ciphertext, text, 7) == IoStatus::would_block);
    CHECK(text == big);
    CHECK(server.engine().write(big));
    CHECK(client.decrypt(server.take_output()) == big);
    CHECK(server.engine().write(""));
    CHECK(server.take_output().empty());
  }
}

TEST_CASE("a key update in mid-stream, asked for by the client, goes unnoticed") {
  TlsClient client({});
  Server server(3);
  shake_hands(client, server);
  std::string text;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(server.read(client.encrypt("old"), text) == IoStatus::would_block);
    REQUIRE(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
    REQUIRE(server.read(client.encrypt("new"), text) == IoStatus::would_block);
    REQUIRE(server.engine().write("back"));
    REQUIRE(client.decrypt(server.take_output()) == "back");
    REQUIRE(SSL_get_key_update_type(client.ssl()) == SSL_KEY_UPDATE_NONE);
  }
  CHECK(text == "oldnewoldnewoldnew");
}

TEST_CASE("SNI chooses the certificate, else the host of the stream, else the first") {
  struct Row {
    std::string host;
    std::string server_name;
    std::string shown;
  };
  for (const Row& row :
       {Row{"", "", "example.org"}, Row{"other.example", "", "other.example"},
        Row{"", "other.example", "other.example"}, Row{"", "unknown.example", "example.org"},
        Row{"unknown.example", "", "example.org"}, Row{"example.org", "other.example", "other.example"}}) {
    CAPTURE(row.host);
    CAPTURE(row.server_name);
    TlsClient client({.server_name = row.server_name});
    Server server(std::string::npos, row.host);
    shake_hands(client, server);
    CHECK(client.shown_name() == row.shown);
    CHECK(server.engine().server_name() == row.server_name);
  }
}

TEST_CASE("ALPN: xmpp-client or nothing (XEP-0368)") {
  for (const std::string alpn : {"", "xmpp-client"}) {
    TlsClient client({.alpn = alpn});
    Server server;
    shake_hands(client, server);
  }
  TlsClient client({.alpn = "http/1.1"});
  Server server;
  client.handshake();
  CHECK(server.handshake(client.take_output()) == IoStatus::failed);
  CHECK_FALSE(server.take_output().empty());  // the alert
}

TEST_CASE("both sides have the same channel binding, of the type that belongs to the version") {
  {
    TlsClient client({});
    Server server;
    CHECK(server.engine().channel_binding().empty());
    shake_hands(client, server);
    CHECK(server.engine().is_tls13());
    std::string expected(32, '\0');
    SSL_export_keying_material(client.ssl(), reinterpret_cast<unsigned char*>(expected.data()), 32,
                               "EXPORTER-Channel-Binding", 24, nullptr, 0, 0);
    CHECK(server.engine().channel_binding() == expected);
  }
  TlsClient client({.version = TLS1_2_VERSION});
  Server server;
  shake_hands(client, server);
  CHECK_FALSE(server.engine().is_tls13());
  std::string expected(64, '\0');
  expected.resize(SSL_get_finished(client.ssl(), expected.data(), expected.size()));
  CHECK_FALSE(expected.empty());
  CHECK(server.engine().channel_binding() == expected);
}

TEST_CASE(
    "a session is resumed under the same ticket keys, and tls-unique is the server's first Finished then") {
  for (const int version : kVersions) {
    TlsClient first({.version = version});
    Server server;
    shake_hands(first, server);
    server.engine().write("x");  // the tickets of TLS 1.3 come with it at the latest
    CHECK(first.decrypt(server.take_output()) == "x");
    const std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> session(SSL_get1_session(first.ssl()),
                                                                            &SSL_SESSION_free);
    TlsClient second({.version = version, .session = session.get()});
    Server again;
    shake_hands(second, again);
    CHECK(SSL_session_reused(second.ssl()) == 1);
    if (version == TLS1_2_VERSION) {
      std::string expected(64, '\0');
      expected.resize(SSL_get_peer_finished(second.ssl(), expected.data(), expected.size()));
      CHECK(again.engine().channel_binding() == expected);
    }
  }
}

TEST_CASE("the end of a session is told apart from a break") {
  TlsClient client({});
  Server server;
  shake_hands(client, server);
  std::string text;
  SUBCASE("close_notify, ours first") {
    server.engine().shutdown();
    CHECK(client.decrypt(server.take_output()).empty());
    CHECK(client.closed_by_server());
    SSL_shutdown(client.ssl());
    CHECK(server.read(client.take_output(), text) == IoStatus::eof);
  }
  SUBCASE("close_notify, theirs first, behind a message") {
    std::string last = client.encrypt("bye");
    SSL_shutdown(client.ssl());
    last += client.take_output();
    CHECK(server.read(last, text) == IoStatus::eof);
    CHECK(text == "bye");
  }
  SUBCASE("a record that somebody changed") {
    std::string record = client.encrypt("hello");
    record.back() = static_cast<char>(record.back() ^ 1);
    CHECK(server.read(record, text) == IoStatus::failed);
    CHECK(text.empty());
    CHECK_FALSE(server.engine().write("x"));
  }
}

TEST_CASE("what is no TLS fails and costs one alert") {
  for (const std::string input : {"<stream:stream>", "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\xff\xff"}) {
    Server server;
    IoStatus status = server.handshake(input);
    if (status == IoStatus::would_block) status = server.handshake(std::string(70'000, 'x'));
    CHECK(status == IoStatus::failed);
    CHECK(server.take_output().size() < 64);
  }
}

TEST_CASE("nobody gets below TLS 1.2") {
  TlsClient client({.version = TLS1_1_VERSION});
  Server server;
  SSL_set_cipher_list(client.ssl(), "ALL:@SECLEVEL=0");
  client.handshake();
  CHECK(server.handshake(client.take_output()) == IoStatus::failed);
}

}  // namespace vestnik
