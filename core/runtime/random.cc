#include "core/runtime/random.h"

#include <openssl/rand.h>

#include <algorithm>
#include <limits>

#include "proto/base/assert.h"

namespace vestnik {

void SystemRandom::fill(std::span<std::byte> out) {
  constexpr std::size_t kMaxChunk = std::numeric_limits<int>::max();
  while (!out.empty()) {
    const std::size_t size = std::min(out.size(), kMaxChunk);
    VESTNIK_ASSERT(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(size)) == 1);
    out = out.subspan(size);
  }
}

}  // namespace vestnik
