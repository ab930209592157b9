#include "proto/sasl/exchange.h"

#include <doctest/doctest.h>

#include <set>
#include <thread>

#include "client.h"
#include "proto/sasl/identity.h"

namespace vestnik::sasl {
namespace {

using namespace std::string_view_literals;
using test::GsaslClient;
using enum Mechanism;
using enum ChannelBindingType;

constexpr std::uint32_t kIterations = 64;  // few, for speed
constexpr Mechanism kScram[] = {scram_sha_256_plus, scram_sha_1_plus, scram_sha_256, scram_sha_1};

const ChannelBinding kExporter{tls_exporter, std::string("\0exported keying material, 32 byte", 32)};
const ChannelBinding kUnique{tls_unique, "finished msg"};

/// example.org as a connection plays it: one account, one certificate, one TLS connection.
struct Server {
  Context context = {};
  ChannelBinding binding = kExporter;
  std::string user = "juliet";
  std::string password = "pencil";
  Jid certificate = *Jid::parse("juliet@example.org");

  Offer offer() const {
    return Offer({.encrypted = true,
                  .scram = true,
                  .plain = true,
                  .anonymous = true,
                  .certificate = true,
                  .channel_bindings = {binding.type}});
  }

  ScramKeys keys(const Jid& account, HashKind kind) const {
    if (account.local() != user) return decoy_keys(kind, "server secret", account.full(), kIterations);
    return derive_scram_keys(kind, *prepare_password(password), "sixteen byte slt", kIterations);
  }

  Result<Exchange, Failure> receive(Mechanism mechanism, std::string_view bytes) const {
    auto first = parse_first_message(mechanism, bytes, offer());
    if (!first) return Err(first.error());
    if (mechanism == anonymous) {
      return Exchange(context, *std::move(first),
                      {.identity = *Jid::parse("a1b2@example.org"), .accepted = true});
    }
    if (mechanism == external) {
      const auto identity = certificate_identity(*first, {&certificate, 1});
      if (!identity) return Err(identity.error());
      return Exchange(context, *std::move(first), {.identity = *identity, .accepted = true});
    }
    const auto account = account_of(*first, "example.org");
    if (!account) return Err(account.error());
    Facts facts{.identity = *account};
    if (mechanism == plain) {
      const auto prepared = prepare_password(first->password.reveal());
      facts.accepted =
          prepared && verify_plain(keys(*account, HashKind::sha256), HashKind::sha256, *prepared);
    } else {
      facts.keys = keys(*account, hash_of(mechanism));
      if (binds_channel(mechanism)) facts.channel_binding = binding;
    }
    return Exchange(context, *std::move(first), std::move(facts));
  }

  /// The whole conversation with gsasl's client; the server's final message is given to the client too.
  Step authenticate(Mechanism mechanism, GsaslClient& client) const {
    auto exchange = receive(mechanism, client.step("").value());
    if (!exchange) return exchange.error();
    Step step = exchange->begin();
    while (const auto* challenge = std::get_if<Challenge>(&step)) {
      const auto answer = client.step(challenge->data);
      REQUIRE(answer);
      step = exchange->answer(*answer);
    }
    if (const auto* success = std::get_if<Success>(&step); success && !success->data.empty()) {
      client.step(success->data);
    }
    return step;
  }
};

std::string_view condition(const Step& step) {
  const auto* failure = std::get_if<Failure>(&step);
  return failure == nullptr ? "no failure" : to_string(failure->condition);
}

TEST_CASE("exchange: SCRAM with gsasl's client, every mechanism and binding, right and wrong") {
  for (const ChannelBinding& binding : {kExporter, kUnique}) {
    const Server server{.binding = binding};
    for (const Mechanism mechanism : kScram) {
      CAPTURE(to_string(mechanism));
      CAPTURE(to_string(binding.type));

      GsaslClient right(mechanism);
      if (binds_channel(mechanism)) right.bind(binding);
      const Step done = server.authenticate(mechanism, right.user("juliet", "pencil"));
      REQUIRE(std::holds_alternative<Success>(done));
      CHECK(std::get<Success>(done).identity.full() == "juliet@example.org");
      CHECK(right.finished());  // the client has verified the server in turn

      GsaslClient wrong(mechanism);
      if (binds_channel(mechanism)) wrong.bind(binding);
      CHECK(condition(server.authenticate(mechanism, wrong.user("juliet", "pencils"))) == "not-authorized");

      GsaslClient unknown(mechanism);
      if (binds_channel(mechanism)) unknown.bind(binding);
      CHECK(condition(server.authenticate(mechanism, unknown.user("nobody", "pencil"))) == "not-authorized");
    }
  }
}

TEST_CASE("exchange: names and passwords beyond ASCII, with the characters SCRAM escapes") {
  const Server server{.user = "j\xc3\xbcrgen=a", .password = "gr\xc3\xbc\xc3\x9f,=\xe2\x85\xa8"};
  for (const Mechanism mechanism : {scram_sha_256, plain}) {
    CAPTURE(to_string(mechanism));
    GsaslClient client(mechanism);
    client.user("J\xc3\xbcrgen=A", "gr\xc3\xbc\xc3\x9f,=IX");
    const Step done = server.authenticate(mechanism, client);
    REQUIRE(std::holds_alternative<Success>(done));
    CHECK(std::get<Success>(done).identity.full() == "j\xc3\xbcrgen=a@example.org");
  }
}

TEST_CASE("exchange: PLAIN, EXTERNAL and ANONYMOUS with gsasl's client") {
  const Server server;
  struct Row {
    Mechanism mechanism;
    std::string_view authzid, password, outcome;
  };
  constexpr Row kRows[] = {
      {plain, "", "pencil", "juliet@example.org"},
      {plain, "Juliet@Example.ORG", "pencil", "juliet@example.org"},
      {plain, "romeo@example.org", "pencil", "invalid-authzid"},
      {plain, "", "Pencil", "not-authorized"},
      {scram_sha_256, "juliet@example.org", "pencil", "juliet@example.org"},
      {scram_sha_256, "romeo@example.org", "pencil", "invalid-authzid"},
      {external, "", "", "juliet@example.org"},
      {external, "juliet@example.org", "", "juliet@example.org"},
      {external, "romeo@example.org", "", "invalid-authzid"},
      {anonymous, "", "", "a1b2@example.org"},
  };
  for (const auto& [mechanism, authzid, password, outcome] : kRows) {
    CAPTURE(to_string(mechanism));
    CAPTURE(authzid);
    GsaslClient client(mechanism);
    client.user("juliet", std::string(password)).set(GSASL_ANONYMOUS_TOKEN, "trace");
    if (!authzid.empty()) client.set(GSASL_AUTHZID, std::string(authzid));
    const Step step = server.authenticate(mechanism, client);
    const auto* success = std::get_if<Success>(&step);
    CHECK((success != nullptr ? success->identity.full() : condition(step)) == outcome);
    if (success != nullptr && !is_scram(mechanism)) CHECK(success->data.empty());
  }
}

TEST_CASE("exchange: somebody in between is noticed") {
  const Server server;
  for (const Mechanism mechanism : {scram_sha_256_plus, scram_sha_1_plus}) {
    GsaslClient other_connection(mechanism);
    other_connection.bind({tls_exporter, std::string(32, 'x')}).user("juliet", "pencil");
    CHECK(condition(server.authenticate(mechanism, other_connection)) == "not-authorized");

    GsaslClient other_type(mechanism);
    other_type.bind(kUnique).user("juliet", "pencil");
    CHECK(condition(server.authenticate(mechanism, other_type)) == "not-authorized");
  }
  // A client that could bind but was not told that it may says `y`.
  CHECK(server.receive(scram_sha_256, "y,,n=juliet,r=1").error().condition ==
        FailureCondition::not_authorized);
}

/// SCRAM-SHA-256 up to the client's final message, which the test then writes.
struct HandMade {
  static constexpr std::string_view kFirstBare = "n=juliet,r=clientnonce";

  explicit HandMade(const Server& server)
      : exchange(*server.receive(scram_sha_256, "n,,n=juliet,r=clientnonce")) {
    server_first = std::get<Challenge>(exchange.begin()).data;
    nonce = test::ServerFirst(server_first).nonce;
  }

  std::string final_message(const std::string& without_proof) const {
    const test::Proof proof(HashKind::sha256, "pencil", kFirstBare, server_first, without_proof);
    return without_proof + ",p=" + base64_encode(proof.client_proof);
  }

  Exchange exchange;
  std::string server_first;
  std::string nonce;
};

TEST_CASE("exchange: a proof computed by hand is accepted, and the server's signature is right") {
  const Server server;
  for (const std::string extension : {"", ",x=ignored"}) {
    HandMade client(server);
    CHECK(client.nonce.starts_with("clientnonce"));
    CHECK(client.nonce.size() >= 11 + 24);  // 18 random bytes in base64
    const std::string without_proof = "c=biws,r=" + client.nonce + extension;
    const Step step = client.exchange.answer(client.final_message(without_proof));
    REQUIRE(std::holds_alternative<Success>(step));
    const test::Proof proof(HashKind::sha256, "pencil", HandMade::kFirstBare, client.server_first,
                            without_proof);
    CHECK(std::get<Success>(step).data == "v=" + base64_encode(proof.server_signature));
  }
}

TEST_CASE("exchange: final messages that are not right, although their proof is") {
  const Server server;
  struct Row {
    std::string_view title;
    std::string (*message)(const HandMade&);
    std::string_view condition;
  };
  const Row rows[] = {
      {"empty", [](const HandMade&) { return std::string(); }, "malformed-request"},
      {"noise", [](const HandMade&) { return std::string("hello, hello, hello, hello"); },
       "malformed-request"},
      {"NUL", [](const HandMade& c) { return c.final_message("c=biws,r=" + c.nonce + '\0'); },
       "malformed-request"},
      {"no proof", [](const HandMade& c) { return "c=biws,r=" + c.nonce; }, "malformed-request"},
      {"empty proof", [](const HandMade& c) { return "c=biws,r=" + c.nonce + ",p="; }, "malformed-request"},
      {"short proof", [](const HandMade& c) { return "c=biws,r=" + c.nonce + ",p=AAAA"; },
       "malformed-request"},
      {"proof not base64",
       [](const HandMade& c) { return "c=biws,r=" + c.nonce + ",p=" + std::string(44, '!'); },
       "malformed-request"},
      {"proof followed by more",
       [](const HandMade& c) { return c.final_message("c=biws,r=" + c.nonce) + ",x=y"; },
       "malformed-request"},
      {"no nonce", [](const HandMade& c) { return c.final_message("c=biws"); }, "malformed-request"},
      {"the client's nonce only", [](const HandMade& c) { return c.final_message("c=biws,r=clientnonce"); },
       "not-authorized"},
      {"another nonce", [](const HandMade& c) { return c.final_message("c=biws,r=" + c.nonce + "x"); },
       "not-authorized"},
      {"another GS2 header: y,,", [](const HandMade& c) { return c.final_message("c=eSws,r=" + c.nonce); },
       "not-authorized"},
      {"another GS2 header: n,,x",
       [](const HandMade& c) { return c.final_message("c=biwseA==,r=" + c.nonce); }, "not-authorized"},
      {"header not base64", [](const HandMade& c) { return c.final_message("c=****,r=" + c.nonce); },
       "malformed-request"},
      {"a proof of zeros",
       [](const HandMade& c) { return "c=biws,r=" + c.nonce + ",p=" + base64_encode(std::string(32, '\0')); },
       "not-authorized"},
  };
  for (const auto& [title, message, expected] : rows) {
    CAPTURE(title);
    HandMade client(server);
    CHECK(condition(client.exchange.answer(message(client))) == expected);
    const std::string right = client.final_message("c=biws,r=" + client.nonce);
    CHECK_FALSE(std::holds_alternative<Success>(client.exchange.answer(right)));  // no second chance
  }
}

TEST_CASE("exchange: a final message proves nothing in another exchange") {
  const Server server;
  HandMade recorded(server);
  HandMade replayed(server);
  CHECK(recorded.nonce != replayed.nonce);
  const std::string message = recorded.final_message("c=biws,r=" + recorded.nonce);
  CHECK(condition(replayed.exchange.answer(message)) == "not-authorized");
  CHECK(std::holds_alternative<Success>(recorded.exchange.answer(message)));
  CHECK(condition(recorded.exchange.answer(message)) == "malformed-request");  // it is over
}

TEST_CASE("exchange: an unknown user cannot be told from a known one") {
  const Server server;
  const auto challenge = [&](std::string_view name) {
    auto exchange = server.receive(scram_sha_256, "n,,n=" + std::string(name) + ",r=1");
    return test::ServerFirst(std::get<Challenge>(exchange->begin()).data);
  };
  const auto known = challenge("juliet");
  const auto unknown = challenge("nobody");
  CHECK(unknown.salt.size() == known.salt.size());
  CHECK(unknown.iterations == known.iterations);
  CHECK(unknown.nonce.size() == known.nonce.size());
  CHECK(challenge("nobody").salt == unknown.salt);  // as a real one, it does not change
  CHECK(challenge("NOBODY").salt == unknown.salt);
  CHECK(challenge("somebody").salt != unknown.salt);

  GsaslClient wrong(scram_sha_256), nobody(scram_sha_256);
  const Step refused = server.authenticate(scram_sha_256, wrong.user("juliet", "guess"));
  const Step missing = server.authenticate(scram_sha_256, nobody.user("nobody", "guess"));
  CHECK(std::get<Failure>(refused) == std::get<Failure>(missing));
}

TEST_CASE("exchange: without facts nothing succeeds") {
  const Server server;
  for (const Mechanism mechanism : {plain, external, anonymous}) {
    Exchange exchange(server.context, {.mechanism = mechanism}, {.identity = server.certificate});
    CHECK(condition(exchange.begin()) == "not-authorized");
    CHECK(condition(exchange.answer("")) == "malformed-request");
  }
  Exchange keyless(server.context, {.mechanism = scram_sha_256, .bytes = "n,,n=juliet,r=1"}, {});
  CHECK(condition(keyless.begin()) == "temporary-auth-failure");
  Exchange unbound(server.context, {.mechanism = scram_sha_256_plus, .bytes = "p=tls-exporter,,n=juliet,r=1"},
                   {});
  CHECK(condition(unbound.begin()) == "temporary-auth-failure");
}

TEST_CASE("exchange: moves to another thread between steps") {
  const Server server;
  HandMade client(server);
  const std::string message = client.final_message("c=biws,r=" + client.nonce);
  Step step;
  std::thread([&step, &message, exchange = std::move(client.exchange)]() mutable {
    Exchange here = std::move(exchange);
    step = here.answer(message);
  }).join();
  CHECK(std::holds_alternative<Success>(step));
}

}  // namespace
}  // namespace vestnik::sasl
