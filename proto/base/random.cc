#include "proto/base/random.h"

#include "proto/base/base64.h"

namespace vestnik {

std::string random_token(RandomSource& source, std::size_t bytes) {
  std::string raw(bytes, '\0');
  source.fill(std::as_writable_bytes(std::span(raw)));
  return base64url_encode(raw);
}

}  // namespace vestnik
