#include "proto/xep/archive_id.h"

#include <openssl/evp.h>

#include <array>
#include <cstring>
#include <span>

#include "proto/base/assert.h"
#include "proto/base/base64.h"
#include "proto/base/crypto.h"

// OpenSSL's calls fail here only without memory or without its default provider; neither leaves a way on.
namespace vestnik {
namespace {

constexpr std::size_t kKeyBytes = 16;

/// What is encrypted, in the byte order of the machine: ids do not leave it.
struct Block {
  std::int64_t id = 0;
  std::uint64_t tag = 0;
};
static_assert(sizeof(Block) == 16, "one block of AES");

using BlockBytes = std::array<unsigned char, sizeof(Block)>;

BlockBytes crypt(EVP_CIPHER_CTX* cipher, const unsigned char* block) {
  BlockBytes out{};
  int written = 0;
  VESTNIK_ASSERT(EVP_CipherUpdate(cipher, out.data(), &written, block, static_cast<int>(out.size())) == 1);
  return out;
}

}  // namespace

void ArchiveIdCodec::Free::operator()(evp_cipher_ctx_st* context) const noexcept {
  EVP_CIPHER_CTX_free(context);
}

ArchiveIdCodec::Cipher ArchiveIdCodec::make_cipher(std::string_view key, bool encrypting) {
  Cipher cipher(EVP_CIPHER_CTX_new());
  const auto* key_bytes = reinterpret_cast<const unsigned char*>(key.data());
  VESTNIK_ASSERT(cipher != nullptr);
  VESTNIK_ASSERT(EVP_CipherInit_ex(cipher.get(), EVP_aes_128_ecb(), nullptr, key_bytes, nullptr,
                                   encrypting ? 1 : 0) == 1);
  VESTNIK_ASSERT(EVP_CIPHER_CTX_set_padding(cipher.get(), 0) == 1);
  return cipher;
}

ArchiveIdCodec::ArchiveIdCodec(std::string_view secret) {
  const std::string keys = hmac(HashKind::sha256, secret, "archive ids");
  const std::string_view key = std::string_view(keys).substr(0, kKeyBytes);
  const std::span<const char, kKeyBytes> rest(keys.data() + kKeyBytes, kKeyBytes);
  tag_key_ = SipKey::from_bytes(std::as_bytes(rest));
  encrypting_ = make_cipher(key, true);
  decrypting_ = make_cipher(key, false);
}

std::string ArchiveIdCodec::encode(std::string_view archive, std::int64_t id) {
  const Block block{.id = id, .tag = siphash24(tag_key_, archive)};
  const BlockBytes bytes = crypt(encrypting_.get(), reinterpret_cast<const unsigned char*>(&block));
  return base64url_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::optional<std::int64_t> ArchiveIdCodec::decode(std::string_view archive, std::string_view text) {
  const auto raw = base64url_decode(text);
  if (!raw || raw->size() != sizeof(Block)) return std::nullopt;
  const BlockBytes bytes = crypt(decrypting_.get(), reinterpret_cast<const unsigned char*>(raw->data()));
  Block block;
  std::memcpy(&block, bytes.data(), sizeof(block));
  if (block.tag != siphash24(tag_key_, archive)) return std::nullopt;
  return block.id;
}

}  // namespace vestnik
