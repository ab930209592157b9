// What the framer allocates, counted by replacing operator new for this test program.
#include <doctest/doctest.h>
#include <malloc.h>

#include <cstdlib>
#include <new>

#include "tests/unit/xml/events.h"

namespace {
std::size_t allocations = 0;
std::size_t live_bytes = 0;
}  // namespace

void* operator new(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  ++allocations;
  live_bytes += malloc_usable_size(memory);
  return memory;
}
void operator delete(void* memory) noexcept {
  live_bytes -= malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace vestnik::xml {
namespace {

constexpr std::string_view kMessage =
    "<message to='b@localhost' id='1'><body>text</body><x xmlns='urn:x'/></message>";

// Reads all of the input; how many elements there were.
int read(Framer& framer, std::string_view input) {
  int elements = 0;
  while (framer.next(input) == Framer::Event::element) ++elements;
  return elements;
}

TEST_CASE("elements that lie in the input cost no allocation") {
  Framer framer(XmlLimits{}, false);
  for (int i = 0; i < 3; ++i) read(framer, kMessage);  // until all vectors have their size
  const std::size_t before = allocations;
  const int elements = read(framer, kMessage);
  const std::size_t after = allocations;
  CHECK(elements == 1);
  CHECK(after == before);
}

TEST_CASE("memory of unusual elements is given back") {
  const std::size_t nothing = live_bytes;
  Framer framer(XmlLimits{}, false);
  read(framer, kMessage);
  const std::size_t usual = live_bytes;
  CHECK(usual - nothing < 2'000);

  std::string big = "<a";
  for (int i = 0; i < 60; ++i) big += fmt::format(" xmlns:a{}='&#117;'", i);
  big += ">";
  for (int i = 0; i < 60; ++i) big += "<b><c>";
  for (int i = 0; i < 60; ++i) big += "</c></b>";
  for (int i = 0; i < 2'000; ++i) big += "<d/>";
  big += "</a>";
  Framer busy(XmlLimits{.depth = 200}, false);
  read(busy, kMessage);
  const std::size_t before = live_bytes;
  CHECK(read(busy, big.substr(0, big.size() - 1)) == 0);
  CHECK(live_bytes - before > big.size());
  CHECK(read(busy, ">") == 1);
  CHECK(live_bytes <= before);

  busy.trim();
  framer.trim();
  CHECK(live_bytes <= nothing + big.capacity() + 64);
}

}  // namespace
}  // namespace vestnik::xml
