#include "proto/sasl/scram_keys.h"

#include <doctest/doctest.h>

#include <set>

#include "client.h"

namespace vestnik::sasl {
namespace {

Secret secret(std::string_view text) { return Secret(std::string(text)); }

class CountingSource : public RandomSource {
 public:
  void fill(std::span<std::byte> out) override {
    for (std::byte& byte : out) byte = static_cast<std::byte>(++last_);
  }

 private:
  unsigned last_ = 0;
};

/// The server's check of a client's proof (RFC 5802 §3), by hand.
bool proof_fits(HashKind kind, const ScramKeys& keys, std::string_view message, std::string proof) {
  const std::string signature = hmac(kind, keys.stored_key, message);
  for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ signature[i]);
  return digest(kind, proof) == keys.stored_key;
}

TEST_CASE("keys: the exchanges of RFC 5802 §5 and RFC 7677 §3 check out against derived keys") {
  struct Vector {
    HashKind kind;
    std::string_view salt, message, proof, verifier;
  };
  constexpr Vector kVectors[] = {
      {HashKind::sha1, "QSXCR+Q6sek8bf92",
       "n=user,r=fyko+d2lbbFgONRv9qkxdawL,"
       "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,"
       "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
       "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "rmF9pqV8S7suAoZWja4dJRkFsKQ="},
      {HashKind::sha256, "W22ZaJ0SNY7soEsUEjb6gQ==",
       "n=user,r=rOprNGfwEbeRWgbNEkqO,"
       "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
       "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
       "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
  };
  for (const auto& [kind, salt, message, proof, verifier] : kVectors) {
    CAPTURE(salt);
    const ScramKeys keys = derive_scram_keys(kind, secret("pencil"), *base64_decode(salt), 4096);
    CHECK(proof_fits(kind, keys, message, *base64_decode(proof)));
    CHECK(base64_encode(hmac(kind, keys.server_key, message)) == verifier);
    const ScramKeys other = derive_scram_keys(kind, secret("Pencil"), *base64_decode(salt), 4096);
    CHECK_FALSE(proof_fits(kind, other, message, *base64_decode(proof)));
  }
}

TEST_CASE("keys: passwords are prepared by SASLprep (RFC 4013 §3, its examples included)") {
  constexpr std::string_view kPrepared[][2] = {
      {"pencil", "pencil"},
      {"USER", "USER"},
      {"I\xc2\xadX", "IX"},    // soft hyphen mapped to nothing
      {"\xc2\xaa", "a"},       // feminine ordinal, NFKC
      {"\xe2\x85\xa8", "IX"},  // roman numeral nine
      {"a\xc2\xa0"
       "b",
       "a b"},                                             // non-ASCII space
      {"u\xcc\x88", "\xc3\xbc"},                           // composed
      {"\xf0\x9f\x90\xa6 bird", "\xf0\x9f\x90\xa6 bird"},  // newer than Unicode 3.2
  };
  for (const auto& [password, expected] : kPrepared) {
    CAPTURE(password);
    const auto prepared = prepare_password(password);
    REQUIRE(prepared);
    CHECK(prepared->reveal() == expected);
  }
  using namespace std::string_view_literals;
  for (const std::string_view bad : {"\x07", "a\tb",
                                     "\xd8\xa7"
                                     "1",
                                     "\xff\xfe", "\xed\xa0\x80"}) {
    CAPTURE(bad);
    const auto refused = prepare_password(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == PasswordError::prohibited);
  }
  CHECK(prepare_password("a\0b"sv).error() == PasswordError::prohibited);
  CHECK(prepare_password("").error() == PasswordError::empty);
  CHECK(prepare_password("\xc2\xad").error() == PasswordError::empty);
}

TEST_CASE("keys: a password is verified against either hash") {
  CountingSource random;
  const Credentials credentials = make_credentials(secret("pencil"), random, 64);
  REQUIRE(credentials.sha1);
  REQUIRE(credentials.sha256);
  CHECK(credentials.sha1->salt != credentials.sha256->salt);
  for (const HashKind kind : {HashKind::sha1, HashKind::sha256}) {
    const ScramKeys& keys = *credentials.keys(kind);
    CHECK(keys.iterations == 64);
    CHECK(verify_plain(keys, kind, secret("pencil")));
    CHECK_FALSE(verify_plain(keys, kind, secret("pencils")));
    CHECK_FALSE(verify_plain(keys, kind, secret("")));
  }
  CHECK_FALSE(verify_plain({}, HashKind::sha256, secret("pencil")));
}

TEST_CASE("keys: decoys look like keys, stay the same, and differ by name, hash and server") {
  CountingSource random;
  const Credentials real = make_credentials(secret("pencil"), random);
  for (const HashKind kind : {HashKind::sha1, HashKind::sha256}) {
    const ScramKeys& keys = *real.keys(kind);
    const ScramKeys decoy = decoy_keys(kind, "server secret", "nobody@example.org");
    CHECK(decoy.salt.size() == keys.salt.size());
    CHECK(decoy.iterations == keys.iterations);
    CHECK(decoy.stored_key.size() == keys.stored_key.size());
    CHECK(decoy.server_key.size() == keys.server_key.size());
    CHECK(decoy == decoy_keys(kind, "server secret", "nobody@example.org"));
    CHECK_FALSE(verify_plain(decoy, kind, secret("pencil")));
  }
  const std::set<std::string> salts{decoy_keys(HashKind::sha1, "server secret", "nobody@example.org").salt,
                                    decoy_keys(HashKind::sha256, "server secret", "nobody@example.org").salt,
                                    decoy_keys(HashKind::sha256, "server secret", "anybody@example.org").salt,
                                    decoy_keys(HashKind::sha256, "other secret", "nobody@example.org").salt};
  CHECK(salts.size() == 4);
}

}  // namespace
}  // namespace vestnik::sasl
