#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <type_traits>

#include "proto/base/crypto.h"
#include "proto/base/hex.h"
#include "proto/base/random.h"
#include "proto/base/secret.h"
#include "proto/base/siphash.h"

namespace vestnik {
namespace {

TEST_CASE("digests: FIPS 180 vectors of \"abc\"") {
  CHECK(hex_encode(digest(HashKind::sha1, "abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex_encode(digest(HashKind::sha256, "abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex_encode(digest(HashKind::sha512, "abc")) ==
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  CHECK(hex_encode(digest(HashKind::sha1, {})) == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

TEST_CASE("hmac: RFC 2202 and RFC 4231, test case 2, and no key at all") {
  constexpr std::string_view kData = "what do ya want for nothing?";
  CHECK(hex_encode(hmac(HashKind::sha1, "Jefe", kData)) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  CHECK(hex_encode(hmac(HashKind::sha256, "Jefe", kData)) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex_encode(hmac(HashKind::sha512, "Jefe", kData)) ==
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
        "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
  CHECK(hex_encode(hmac(HashKind::sha1, {}, {})) == "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
}

TEST_CASE("pbkdf2: RFC 6070 and RFC 7677") {
  CHECK(hex_encode(pbkdf2(HashKind::sha1, "password", "salt", 1)) ==
        "0c60c80f961f0e71f3a9b524af6012062fe037a6");
  CHECK(hex_encode(pbkdf2(HashKind::sha1, "password", "salt", 4096)) ==
        "4b007901b765489abead49d926f721d065a429c1");
  CHECK(hex_encode(pbkdf2(HashKind::sha256, "password", "salt", 2)) ==
        "ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43");
}

TEST_CASE("constant-time comparison") {
  CHECK(equal_constant_time("", ""));
  CHECK(equal_constant_time("secret", "secret"));
  CHECK_FALSE(equal_constant_time("secret", "secreT"));
  CHECK_FALSE(equal_constant_time("secret", "secret1"));
}

TEST_CASE("a cleansed buffer holds nothing, however it shrank before") {
  std::string text(100, 'x');
  text.resize(3);
  const char* buffer = text.data();
  const std::size_t capacity = text.capacity();
  cleanse(text);
  CHECK(text.empty());
  CHECK(text.capacity() == capacity);
  CHECK(std::all_of(buffer, buffer + capacity, [](char c) { return c == '\0'; }));
}

TEST_CASE("secrets move without leaving copies") {
  static_assert(!std::is_copy_constructible_v<Secret> && !std::is_convertible_v<Secret, std::string_view>);
  for (const std::size_t size : {std::size_t{5}, std::size_t{500}}) {
    std::string plain(size, 'k');
    Secret first(std::move(plain));
    CHECK(plain.empty());  // NOLINT(bugprone-use-after-move): the promise under test
    Secret second(std::move(first));
    Secret third(std::string("old"));
    third = std::move(second);
    CHECK(first.empty());   // NOLINT(bugprone-use-after-move)
    CHECK(second.empty());  // NOLINT(bugprone-use-after-move)
    CHECK(third.reveal() == std::string(size, 'k'));
    CHECK(third.equals(std::string(size, 'k')));
    CHECK_FALSE(third.equals("k"));
  }
}

TEST_CASE("siphash: the reference vectors") {
  std::array<std::byte, 16> key_bytes{};
  std::string data;
  for (std::size_t i = 0; i < 16; ++i) key_bytes[i] = static_cast<std::byte>(i);
  const SipKey key = SipKey::from_bytes(key_bytes);
  // From vectors.h of the authors' implementation: the i-th is the hash of the bytes 0, 1, … i-1.
  constexpr std::uint64_t kVectors[] = {
      0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
      0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
      0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
      0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee, 0xa129ca6149be45e5,
  };
  for (const std::uint64_t expected : kVectors) {
    CHECK(siphash24(key, data) == expected);
    data += static_cast<char>(data.size());
  }
}

TEST_CASE("random tokens are base64url of the source's bytes") {
  class Counting final : public RandomSource {
   public:
    void fill(std::span<std::byte> out) override {
      for (std::byte& byte : out) byte = static_cast<std::byte>(next_++);
    }

   private:
    unsigned next_ = 0xf8;
  };
  Counting source;
  CHECK(random_token(source, 3) == "-Pn6");
  CHECK(random_token(source, 16).size() == 22);
}

}  // namespace
}  // namespace vestnik
