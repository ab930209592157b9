#include "proto/stream/component_handshake.h"

#include "proto/base/crypto.h"
#include "proto/base/hex.h"

namespace vestnik {
namespace {

std::string proof(std::string_view stream_id, std::string_view secret) {
  return digest(HashKind::sha1, std::string(stream_id).append(secret));
}

}  // namespace

std::string component_handshake(std::string_view stream_id, std::string_view secret) {
  return hex_encode(proof(stream_id, secret));
}

bool is_component_handshake(std::string_view text, std::string_view stream_id, std::string_view secret) {
  const auto given = hex_decode(text);
  return given && equal_constant_time(*given, proof(stream_id, secret));
}

}  // namespace vestnik
