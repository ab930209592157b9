#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace vestnik::bench {

/// One timed loop.
struct Micro {
  std::string name;                                   ///< `framer/message`
  std::function<void(std::uint64_t iterations)> run;  ///< does the work so many times
  std::uint64_t least_iterations = 16;                ///< for loops that first start threads
  /// Whether the instructions of an iteration are always the same, so that they are recorded and compared.
  bool is_counted = true;
};

/// Something that is weighed instead of timed.
struct Weight {
  std::string name;
  std::function<std::size_t()> bytes;
};

/// Makes the optimiser believe that `value` is used.
template <typename T>
void keep(const T& value) {
  asm volatile(""
               :
               : "r,m"(value)
               : "memory");  // NOLINT(hicpp-no-assembler): there is no other way to say it
}

// One function for each file of loops.
void add_xml(std::vector<Micro>& all);
void add_addresses(std::vector<Micro>& all);
void add_stanzas(std::vector<Micro>& all);
void add_mailbox(std::vector<Micro>& all);
void add_routing(std::vector<Micro>& all);
void add_tls(std::vector<Micro>& all);
void add_tls_weights(std::vector<Weight>& all);
/// To be called before anything else touches OpenSSL, so that its memory can be weighed.
void count_openssl_memory();

}  // namespace vestnik::bench
