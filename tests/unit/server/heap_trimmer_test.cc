#include "server/heap_trimmer.h"

#include <doctest/doctest.h>

using namespace vestnik;

namespace {

constexpr std::size_t kMegabyte = 1UL << 20;

struct Heap {
  std::size_t held = 0;
  int trimmed = 0;
  Reactor reactor;
  HeapTrimmer trimmer{reactor, [this] { return held; }, [this] { ++trimmed; }};

  void becomes(std::size_t megabytes) {
    held = megabytes * kMegabyte;
    trimmer.look();
  }
};

}  // namespace

TEST_CASE("the heap is trimmed when a crowd has come, and when it has left, each once and at rest") {
  Heap heap;
  for (const std::size_t megabytes : {40UL, 80UL, 100UL}) heap.becomes(megabytes);
  CHECK(heap.trimmed == 0);
  heap.becomes(101);
  CHECK(heap.trimmed == 1);
  heap.becomes(101);
  heap.becomes(80);
  heap.becomes(80);
  CHECK(heap.trimmed == 1);
  heap.becomes(70);
  CHECK(heap.trimmed == 1);
  heap.becomes(70);
  CHECK(heap.trimmed == 2);
}

TEST_CASE("the heap is trimmed when a crowd has come and gone between two looks at rest") {
  Heap heap;
  heap.becomes(100);
  heap.becomes(0);
  heap.becomes(0);
  CHECK(heap.trimmed == 1);
}

TEST_CASE("the heap is not trimmed for little") {
  Heap heap;
  for (const std::size_t megabytes : {7UL, 7UL, 0UL, 0UL}) heap.becomes(megabytes);
  CHECK(heap.trimmed == 0);
}
