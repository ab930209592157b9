#include "server/heap_trimmer.h"

#include <malloc.h>

#include <algorithm>
#include <utility>

#include "core/io/tls_memory.h"

namespace vestnik {
namespace {

constexpr std::chrono::seconds kInterval{10};
// A change is worth the effort if it is as much as this, and a quarter of what there was.
constexpr std::size_t kLeastChange = 8UL << 20;
constexpr std::size_t kShare = 4;
// At rest: changes from look to look are below this share.
constexpr std::size_t kRest = 32;

std::size_t distance(std::size_t a, std::size_t b) { return a > b ? a - b : b - a; }

}  // namespace

std::function<std::size_t()> HeapTrimmer::default_held() { return tls_memory::bytes; }

std::function<void()> HeapTrimmer::default_trim() {
  return [] { ::malloc_trim(0); };
}

HeapTrimmer::HeapTrimmer(Reactor& reactor, std::function<std::size_t()> held, std::function<void()> trim)
    : reactor_(reactor), held_(std::move(held)), trim_(std::move(trim)), timer_([this] {
        look();
        start();
      }) {}

void HeapTrimmer::start() { reactor_.set(timer_, kInterval); }

void HeapTrimmer::stop() { timer_.cancel(); }

void HeapTrimmer::look() {
  const std::size_t held = held_();
  const bool at_rest = distance(held, last_) <= held / kRest;
  last_ = held;
  least_ = std::min(least_, held);
  most_ = std::max(most_, held);
  const std::size_t change = std::max(held - least_, most_ - held);
  if (!at_rest || change < kLeastChange || change < most_ / kShare) return;
  trim_();
  least_ = most_ = held;
}

}  // namespace vestnik
