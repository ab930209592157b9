#pragma once
#include "proto/base/random.h"

namespace vestnik {

/// OpenSSL's generator, seeded by the kernel and kept per thread inside OpenSSL: without state of its own,
/// any thread.
class SystemRandom final : public RandomSource {
 public:
  /// Ends the process if there is no randomness to be had: going on with guessable secrets would be worse.
  void fill(std::span<std::byte> out) override;
};

}  // namespace vestnik
