#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vestnik {

/// The hash functions in use: SHA-1 only where a protocol names it (XEP-0115, SCRAM-SHA-1).
enum class HashKind : std::uint8_t { sha1, sha256, sha512 };

/// Bytes of a digest: 20, 32 or 64.
std::size_t digest_size(HashKind kind);

/// Raw bytes; hex_encode() or base64_encode() make them printable.
std::string digest(HashKind kind, std::string_view data);

/// RFC 2104.
std::string hmac(HashKind kind, std::string_view key, std::string_view data);

/// RFC 8018 §5.2 with HMAC, as long as the digest (SCRAM's Hi()). Takes milliseconds: never on a shard's
/// thread. `iterations` is at least 1.
std::string pbkdf2(HashKind kind, std::string_view password, std::string_view salt, std::uint32_t iterations);

/// Compares secrets in a time that depends on their length only.
bool equal_constant_time(std::string_view a, std::string_view b);

/// Overwrites the whole buffer in a way the compiler must keep, and leaves the string empty.
void cleanse(std::string& secret);

}  // namespace vestnik
