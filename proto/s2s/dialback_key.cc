#include "proto/s2s/dialback_key.h"

#include "proto/base/crypto.h"
#include "proto/base/hex.h"

namespace vestnik::s2s {

std::string dialback_key(std::string_view secret, std::string_view receiving, std::string_view originating,
                         std::string_view stream_id) {
  std::string text(receiving);
  text.append(" ").append(originating).append(" ").append(stream_id);
  return hex_encode(hmac(HashKind::sha256, hex_encode(digest(HashKind::sha256, secret)), text));
}

bool is_dialback_key(std::string_view key, std::string_view secret, std::string_view receiving,
                     std::string_view originating, std::string_view stream_id) {
  return equal_constant_time(key, dialback_key(secret, receiving, originating, stream_id));
}

}  // namespace vestnik::s2s
