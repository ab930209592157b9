// OpenSSL has this function too, behind EVP_MAC, whose set-up costs ten times the hash of a JID.
#include "proto/base/siphash.h"

#include <bit>
#include <cstring>

namespace vestnik {
namespace {

static_assert(std::endian::native == std::endian::little, "words are loaded as they lie in memory");

std::uint64_t load_word(const void* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

struct State {
  std::uint64_t v0, v1, v2, v3;

  explicit State(const SipKey& key)
      : v0(key.k0 ^ 0x736f6d6570736575U),
        v1(key.k1 ^ 0x646f72616e646f6dU),
        v2(key.k0 ^ 0x6c7967656e657261U),
        v3(key.k1 ^ 0x7465646279746573U) {}

  void round() {
    v0 += v1;
    v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  }

  void absorb(std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }

  std::uint64_t finish() {
    v2 ^= 0xffU;
    for (int i = 0; i < 4; ++i) round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

SipKey SipKey::from_bytes(std::span<const std::byte, 16> bytes) {
  return {load_word(bytes.data()), load_word(bytes.data() + 8)};
}

std::uint64_t siphash24(const SipKey& key, std::string_view data) {
  State state(key);
  const std::uint64_t length_byte = data.size() << 56U;
  for (; data.size() >= 8; data.remove_prefix(8)) state.absorb(load_word(data.data()));
  std::uint64_t last = 0;
  if (!data.empty()) std::memcpy(&last, data.data(), data.size());
  state.absorb(last | length_byte);
  return state.finish();
}

}  // namespace vestnik
