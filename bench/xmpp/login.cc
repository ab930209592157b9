#include "bench/xmpp/login.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>
#include <string>

#include "proto/base/base64.h"
#include "proto/base/hex.h"

namespace vestnik::bench {
namespace {

constexpr std::string_view kSaslNs = "urn:ietf:params:xml:ns:xmpp-sasl";

constexpr std::array kMechanisms = {
    Mechanism{.name = "SCRAM-SHA-256", .scram = HashKind::sha256},
    Mechanism{.name = "SCRAM-SHA-1", .scram = HashKind::sha1},
    Mechanism{.name = "PLAIN", .scram = std::nullopt},
    Mechanism{.name = "SCRAM-SHA-256-PLUS", .scram = HashKind::sha256, .channel_binding = true},
    Mechanism{.name = "SCRAM-SHA-1-PLUS", .scram = HashKind::sha1, .channel_binding = true},
};

const Mechanism* choose_mechanism(Element features, const std::string& wanted) {
  for (const Mechanism& mechanism : kMechanisms) {
    if (wanted.empty() ? mechanism.channel_binding : wanted != mechanism.name) continue;
    if (features.contains(fmt::format(">{}<", mechanism.name))) return &mechanism;
  }
  return nullptr;
}

std::string make_nonce() {
  std::array<unsigned char, 18> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  return hex_encode(std::string(bytes.begin(), bytes.end()));
}

/// The features of a new stream.
Task<Element> open_stream(Client& client) {
  const Element header = co_await client.stream_opened();
  if (!header.is(client.target().web_socket ? "open" : "stream:stream"))
    co_await client.failure(fmt::format("got <{}>: this is no XMPP", header.name()));
  const Element features = co_await client.element();
  if (!features.is("stream:features"))
    co_await client.failure(fmt::format("got <{}>, not features", features.name()));
  co_return features;
}

/// From nothing to a stream ready for SASL or registration; its features.
Task<Element> open_secure_stream(Client& client) {
  client.step("connect");
  co_await client.connected();
  if (client.target().tls == TlsMode::direct) {
    client.step("TLS handshake");
    co_await client.secured();
  }
  if (client.target().web_socket) {
    client.step("WebSocket handshake");
    co_await client.agreed();
  }
  client.step("stream header");
  Element features = co_await open_stream(client);
  if (client.target().tls != TlsMode::starttls) co_return features;

  client.step("STARTTLS");
  if (!features.find("starttls")) co_await client.failure("the server does not offer it");
  client.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  const Element answer = co_await client.element();
  if (!answer.is("proceed")) co_await client.failure(fmt::format("got <{}>, not <proceed/>", answer.name()));
  client.step("TLS handshake");
  co_await client.secured();
  client.step("stream header under TLS");
  features = co_await open_stream(client);
  co_return features;
}

Task<Element> expect_sasl(Client& client, std::string name) {
  const Element answer = co_await client.element();
  if (answer.is("failure")) co_await client.failure("refused: " + describe_error(answer));
  if (!answer.is(name)) co_await client.failure(fmt::format("got <{}>, not <{}>", answer.name(), name));
  co_return answer;
}

Task<> authenticate_plain(Client& client) {
  using namespace std::string_literals;
  const std::string message = "\0"s + client.account().user + "\0"s + client.account().password;
  client.send(fmt::format("<auth xmlns='{}' mechanism='PLAIN'>{}</auth>", kSaslNs, base64_encode(message)));
  co_await expect_sasl(client, "success");
}

Task<> authenticate_scram(Client& client, Mechanism mechanism) {
  const std::string nonce = make_nonce();
  ScramClient::Login login{.user = client.account().user,
                           .password = client.account().password,
                           .hash = *mechanism.scram,
                           .nonce = nonce,
                           .channel_binding = std::nullopt};
  if (mechanism.channel_binding) {
    const TlsEngine* tls = client.connection().tls();
    if (tls != nullptr) login.channel_binding = tls->channel_binding();
    if (!login.channel_binding) co_await client.failure("channel binding needs TLS 1.3");
  }
  ScramClient scram(login, client.account().scram_keys);
  client.send(fmt::format("<auth xmlns='{}' mechanism='{}'>{}</auth>", kSaslNs, mechanism.name,
                          base64_encode(scram.first_message())));
  const Element challenge = co_await expect_sasl(client, "challenge");
  const auto response = scram.answer(base64_decode(challenge.text()).value_or(""));
  if (!response) co_await client.failure(response.error());
  client.send(fmt::format("<response xmlns='{}'>{}</response>", kSaslNs, base64_encode(*response)));
  const Element success = co_await expect_sasl(client, "success");
  const auto verified = scram.verify(base64_decode(success.text()).value_or(""));
  if (!verified) co_await client.failure(verified.error());
}

Task<> authenticate(Client& client, Element features) {
  client.step("authentication");
  const Mechanism* mechanism = choose_mechanism(features, client.target().mechanism);
  if (mechanism == nullptr)
    co_await client.failure("the server does not offer the mechanism, or none known here");
  if (mechanism->scram) {
    co_await authenticate_scram(client, *mechanism);
  } else {
    co_await authenticate_plain(client);
  }
}

Task<> bind_resource(Client& client) {
  client.step("stream header after authentication");
  const Element features = co_await open_stream(client);
  const Element session = features.find("session");
  const bool session_needed = session && !session.contains("optional");
  const bool can_manage = features.contains("urn:xmpp:sm:3");
  if (client.target().stream_management && !can_manage) {
    co_await client.failure("the server offers no stream management");
  }

  client.step("resource binding");
  const std::string id = client.next_id();
  client.send(fmt::format(
      "<iq type='set' id='{}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{}</resource>"
      "</bind></iq>",
      id, client.resource()));
  const Element bound = co_await client.result(id);
  client.set_jid(bound.find("jid").text());
  if (!session_needed) co_return;

  client.step("session");
  const std::string session_id = client.next_id();
  client.send(fmt::format(
      "<iq type='set' id='{}'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>", session_id));
  co_await client.result(session_id);
}

Task<> enable_stream_management(Client& client) {
  client.step("stream management");
  client.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
  const Element answer = co_await client.element();
  if (!answer.is("enabled")) co_await client.failure(fmt::format("got <{}>, not <enabled/>", answer.name()));
  client.count_stanzas(answer.attr("id"));
}

}  // namespace

Task<> log_in(Client& client) {
  const Element features = co_await open_secure_stream(client);
  co_await authenticate(client, features);
  co_await bind_resource(client);
  if (client.target().stream_management) co_await enable_stream_management(client);
  client.step("roster and presence");
  const std::string id = client.next_id();
  const std::string_view caps = client.caps() == nullptr ? "" : client.caps()->presence();
  client.send(fmt::format(
      "<iq type='get' id='{}'><query xmlns='jabber:iq:roster'/></iq><presence>{}</presence>", id, caps));
  co_await client.result(id);
  client.step("online");
}

Task<> resume_session(Client& client) {
  const Element features = co_await open_secure_stream(client);
  co_await authenticate(client, features);
  client.step("stream header after authentication");
  co_await open_stream(client);
  client.step("resuming a session");
  client.send(fmt::format("<resume xmlns='urn:xmpp:sm:3' h='{}' previd='{}'/>", client.stanzas_in(),
                          client.resumption()));
  const Element answer = co_await client.element();
  if (!answer.is("resumed")) co_await client.failure(fmt::format("got <{}>, not <resumed/>", answer.name()));
}

Task<> log_out(Client& client) {
  client.step("end of stream");
  co_await client.closed();
}

Task<> register_account(Client& client) {
  co_await open_secure_stream(client);
  client.step("registration");
  const std::string id = client.next_id();
  client.send(
      fmt::format("<iq type='set' id='{}'><query xmlns='jabber:iq:register'><username>{}</username>"
                  "<password>{}</password></query></iq>",
                  id, client.account().user, client.account().password));
  const Element answer = co_await client.reply(id);
  const bool exists = answer.contains("<conflict");
  if (answer.attr("type") == "error" && !exists) co_await client.failure(describe_error(answer));
  co_await log_out(client);
}

Task<> join_relay(Client& client) {
  client.step("connect");
  co_await client.connected();
  if (client.target().tls != TlsMode::none) {
    client.step("TLS handshake");
    co_await client.secured();
  }
  client.step("pairing");
  client.send(fmt::format("pair {} {}\n", client.number() / 2, client.number() % 2));
  co_await client.element();  // the relay answers <relay><paired/>, which reads like a stream
  co_await client.element();
  client.set_jid(client.bare_jid());
  client.step("online");
}

std::span<const Mechanism> known_mechanisms() { return kMechanisms; }

}  // namespace vestnik::bench
