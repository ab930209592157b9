#pragma once
#include <cstddef>
#include <span>
#include <string>

namespace vestnik {

/// Where unpredictable bytes come from. The protocol layer reads no such source itself: it is handed one, the
/// system's (core/runtime/random.h) or a seeded one in tests.
class RandomSource {
 public:
  RandomSource() = default;
  RandomSource(const RandomSource&) = delete;
  RandomSource& operator=(const RandomSource&) = delete;
  virtual ~RandomSource() = default;

  /// Overwrites all of `out`. Cannot fail.
  virtual void fill(std::span<std::byte> out) = 0;
};

/// `bytes` random bytes as base64url without padding; 16 bytes cannot be guessed.
std::string random_token(RandomSource& source, std::size_t bytes);

}  // namespace vestnik
