#include "proto/base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "proto/base/assert.h"

// What is asserted here fails only without memory or without OpenSSL's default provider; neither leaves a way
// on.
namespace vestnik {
namespace {

/// Fetched once: EVP_sha256() and its like make OpenSSL 3.0 search its providers, under a lock, at every use.
const EVP_MD* algorithm(HashKind kind) {
  static const std::array<const EVP_MD*, 3> kFetched{EVP_MD_fetch(nullptr, "SHA1", nullptr),
                                                     EVP_MD_fetch(nullptr, "SHA2-256", nullptr),
                                                     EVP_MD_fetch(nullptr, "SHA2-512", nullptr)};
  return kFetched[static_cast<std::size_t>(kind)];
}

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::size_t digest_size(HashKind kind) {
  constexpr std::array<std::size_t, 3> kSizes{20, 32, 64};
  return kSizes[static_cast<std::size_t>(kind)];
}

std::string digest(HashKind kind, std::string_view data) {
  std::string out(digest_size(kind), '\0');
  VESTNIK_ASSERT(EVP_Digest(data.data(), data.size(), bytes_of(out), nullptr, algorithm(kind), nullptr) == 1);
  return out;
}

std::string hmac(HashKind kind, std::string_view key, std::string_view data) {
  // A null key means "the key of the call before" to OpenSSL.
  const char* key_bytes = key.empty() ? "" : key.data();
  std::string out(digest_size(kind), '\0');
  VESTNIK_ASSERT(HMAC(algorithm(kind), key_bytes, static_cast<int>(key.size()), bytes_of(data), data.size(),
                      bytes_of(out), nullptr) != nullptr);
  return out;
}

std::string pbkdf2(HashKind kind, std::string_view password, std::string_view salt,
                   std::uint32_t iterations) {
  std::string out(digest_size(kind), '\0');
  VESTNIK_ASSERT(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt),
                                   static_cast<int>(salt.size()), static_cast<int>(iterations),
                                   algorithm(kind), static_cast<int>(out.size()), bytes_of(out)) == 1);
  return out;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void cleanse(std::string& secret) {
  secret.resize(secret.capacity());  // what an earlier, longer value left behind goes as well
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

}  // namespace vestnik
