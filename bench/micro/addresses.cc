#include "bench/micro/micro.h"
#include "proto/jid/jid.h"

namespace vestnik::bench {
namespace {

void parse(std::string_view text, std::uint64_t iterations) {
  for (std::uint64_t i = 0; i < iterations; ++i) keep(Jid::parse(text).has_value());
}

void view(std::string_view text, std::uint64_t iterations) {
  for (std::uint64_t i = 0; i < iterations; ++i) keep(JidView::if_canonical_ascii(text).empty());
}

}  // namespace

void add_addresses(std::vector<Micro>& all) {
  all.push_back({"jid/view-canonical", [](std::uint64_t n) { view("juliet@example.org/balcony", n); }});
  all.push_back({"jid/parse-canonical", [](std::uint64_t n) { parse("juliet@example.org/balcony", n); }});
  all.push_back({"jid/parse-upper-case", [](std::uint64_t n) { parse("Juliet@Example.ORG/Balcony", n); }});
  all.push_back({"jid/parse-cyrillic", [](std::uint64_t n) { parse("вестник@пример.рф/Дом", n); }});
}

}  // namespace vestnik::bench
