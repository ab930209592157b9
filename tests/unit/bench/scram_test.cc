#include "bench/xmpp/scram.h"

#include <doctest/doctest.h>

#include "proto/base/base64.h"

namespace vestnik::bench {
namespace {

ScramClient::Login pencil(HashKind hash, std::string_view nonce) {
  return {
      .user = "user", .password = "pencil", .hash = hash, .nonce = nonce, .channel_binding = std::nullopt};
}

TEST_CASE("the exchange of RFC 5802 §5") {
  std::optional<ScramKeys> keys;
  ScramClient client(pencil(HashKind::sha1, "fyko+d2lbbFgONRv9qkxdawL"), keys);
  CHECK(client.first_message() == "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
  const auto answer = client.answer("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096");
  REQUIRE(answer);
  CHECK(*answer == "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
  CHECK(client.verify("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="));
  CHECK_FALSE(client.verify("v=rmF9pqV8S7suAoZWja4dJRkFsKR="));
  CHECK_FALSE(client.verify("e=other-error"));
  CHECK_FALSE(client.verify(""));
}

TEST_CASE("the exchange of RFC 7677 §3") {
  std::optional<ScramKeys> keys;
  ScramClient client(pencil(HashKind::sha256, "rOprNGfwEbeRWgbNEkqO"), keys);
  const auto answer =
      client.answer("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  REQUIRE(answer);
  CHECK(*answer ==
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  CHECK(client.verify("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
}

TEST_CASE("keys are kept from login to login, and made anew for another salt") {
  constexpr std::string_view kChallenge = "r=abcd,s=QSXCR+Q6sek8bf92,i=10";
  std::optional<ScramKeys> keys;
  ScramClient first(pencil(HashKind::sha256, "abc"), keys);
  const auto proof = first.answer(kChallenge);
  REQUIRE(keys);

  // With the keys at hand the password is not asked for again.
  ScramClient::Login forgetful = pencil(HashKind::sha256, "abc");
  forgetful.password = "";
  CHECK(ScramClient(forgetful, keys).answer(kChallenge) == proof);

  const std::string old_key = keys->client_key;
  CHECK(ScramClient(pencil(HashKind::sha256, "abc"), keys).answer("r=abcd,s=AAAA,i=10"));
  CHECK(keys->client_key != old_key);
  CHECK(ScramClient(pencil(HashKind::sha1, "abc"), keys).answer("r=abcd,s=AAAA,i=10"));
  CHECK(keys->client_key.size() == 20);
}

TEST_CASE("challenges that are not to be answered") {
  for (const std::string_view challenge :
       {"", "r=abc,s=AAAA,i=10", "r=xyzabc,s=AAAA,i=10", "r=abcd,s=!,i=10", "r=abcd,i=10", "r=abcd,s=AAAA",
        "r=abcd,s=AAAA,i=0", "r=abcd,s=AAAA,i=4000000000"}) {
    INFO(challenge);
    std::optional<ScramKeys> keys;
    CHECK_FALSE(ScramClient(pencil(HashKind::sha256, "abc"), keys).answer(challenge));
  }
}

TEST_CASE("names are escaped, and channel binding data goes into the proof") {
  std::optional<ScramKeys> keys;
  ScramClient::Login login = pencil(HashKind::sha256, "abc");
  login.user = "a=b,c";
  login.channel_binding = "12345678901234567890123456789012";
  ScramClient client(login, keys);
  CHECK(client.first_message() == "p=tls-exporter,,n=a=3Db=2Cc,r=abc");
  const auto answer = client.answer("r=abcd,s=AAAA,i=10");
  REQUIRE(answer);
  CHECK(
      answer->starts_with("c=" + base64_encode("p=tls-exporter,," + *login.channel_binding) + ",r=abcd,p="));
}

}  // namespace
}  // namespace vestnik::bench
