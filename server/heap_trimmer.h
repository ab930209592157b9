#pragma once
#include <cstddef>
#include <functional>

#include "core/runtime/reactor.h"
#include "core/runtime/timer_wheel.h"

namespace vestnik {

/// Gives the system back what connections leave behind when they have logged in or gone: the heap keeps it,
/// and only asking for it brings it back. Looks every ten seconds at what OpenSSL holds, which is most of
/// what a connection costs and is known at no cost, and acts when that has changed much and then come to
/// rest. The reactor's thread, which is not a shard's: returning memory takes some milliseconds.
class HeapTrimmer {
 public:
  /// `held`: bytes in use; `trim`: returns the rest. Others than these only in tests.
  explicit HeapTrimmer(Reactor& reactor, std::function<std::size_t()> held = default_held(),
                       std::function<void()> trim = default_trim());

  void start();
  void stop();
  /// A look at the heap.
  void look();

 private:
  static std::function<std::size_t()> default_held();
  static std::function<void()> default_trim();

  Reactor& reactor_;
  std::function<std::size_t()> held_;
  std::function<void()> trim_;
  std::size_t last_ = 0;              ///< held at the last look
  std::size_t least_ = 0, most_ = 0;  ///< held since the heap was trimmed
  Timer timer_;
};

}  // namespace vestnik
