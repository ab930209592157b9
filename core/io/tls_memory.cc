#include "core/io/tls_memory.h"

#include <malloc.h>
#include <openssl/crypto.h>

#include <array>
#include <atomic>
#include <cstdlib>

namespace vestnik::tls_memory {
namespace {

// OpenSSL's hooks are given no context: what they need is the process's or the thread's.

/// Record buffers have 16 KB and up to 1.3 KB of overhead; all get the same size, so that each fits each.
constexpr std::size_t kRecordLeast = 16UL * 1'024;
constexpr std::size_t kRecordSize = 18UL * 1'024;

constinit std::atomic<std::ptrdiff_t> total{0};

/// A thread's part of the count, added to the total when it has become worth the traffic between the cores.
class Count {
 public:
  void add(std::ptrdiff_t bytes) {
    constexpr std::ptrdiff_t kWorthTelling = 64L * 1'024;
    pending_ += bytes;
    if (pending_ > kWorthTelling || pending_ < -kWorthTelling) tell();
  }
  void tell() {
    total.fetch_add(pending_, std::memory_order_relaxed);
    pending_ = 0;
  }

 private:
  std::ptrdiff_t pending_ = 0;
};

/// Record buffers that nobody uses. A thread serves one connection at a time and so needs two at once, and
/// some more where handshakes hold theirs over a wait.
struct Spare {
  static constexpr unsigned kMost = 8;
  std::array<void*, kMost> buffers{};
  unsigned count = 0;
};

thread_local constinit Count counted;
thread_local constinit Spare spare;
/// OpenSSL frees the last of a thread's memory after our destructors have run.
thread_local constinit bool thread_ends = false;

struct AtThreadEnd {
  ~AtThreadEnd() {
    thread_ends = true;
    for (; spare.count > 0; --spare.count) std::free(spare.buffers[spare.count - 1]);
    counted.tell();
  }
  void be_there() const {}
};
thread_local const AtThreadEnd at_thread_end;

void count(std::ptrdiff_t bytes) {
  counted.add(bytes);
  if (thread_ends) counted.tell();
}

std::ptrdiff_t size_of(void* block) { return static_cast<std::ptrdiff_t>(::malloc_usable_size(block)); }

bool is_record_buffer(std::ptrdiff_t size) {
  constexpr std::ptrdiff_t kRounding = 64;  // of the heap
  return size >= static_cast<std::ptrdiff_t>(kRecordSize) &&
         size < static_cast<std::ptrdiff_t>(kRecordSize) + kRounding;
}

void* take(std::size_t size, const char* /*file*/, int /*line*/) {
  if (size > kRecordLeast && size < kRecordSize) {
    if (spare.count > 0) return spare.buffers[--spare.count];
    size = kRecordSize;
  }
  void* const block = std::malloc(size);
  if (block != nullptr) count(size_of(block));
  return block;
}

void give_back(void* block, const char* /*file*/, int /*line*/) {
  if (block == nullptr) return;
  const std::ptrdiff_t size = size_of(block);
  if (is_record_buffer(size) && spare.count < Spare::kMost && !thread_ends) {
    at_thread_end.be_there();
    spare.buffers[spare.count++] = block;
    return;
  }
  count(-size);
  std::free(block);
}

void* resize(void* block, std::size_t size, const char* file, int line) {
  if (block == nullptr) return take(size, file, line);
  if (size == 0) {
    give_back(block, file, line);
    return nullptr;
  }
  const std::ptrdiff_t before = size_of(block);
  void* const resized = std::realloc(block, size);
  if (resized != nullptr) count(size_of(resized) - before);
  return resized;
}

}  // namespace

bool install() { return CRYPTO_set_mem_functions(take, resize, give_back) == 1; }

std::size_t bytes() {
  const std::ptrdiff_t now = total.load(std::memory_order_relaxed);
  return now > 0 ? static_cast<std::size_t>(now) : 0;
}

}  // namespace vestnik::tls_memory
