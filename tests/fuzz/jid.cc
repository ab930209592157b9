// Any bytes: an address that parses has a canonical form that parses to itself, and the fast path takes
// nothing else.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "proto/base/limits.h"
#include "proto/jid/jid.h"

namespace {

using namespace vestnik;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_parts(JidView jid) {
  for (const std::string_view part : {jid.local(), jid.domain(), jid.resource()}) {
    require(part.size() <= kMaxJidPartBytes);
  }
  require(!jid.domain().empty());
  require(jid.bare().size() + (jid.is_bare() ? 0 : 1) + jid.resource().size() == jid.full().size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto jid = Jid::parse(text);
  const JidView plain = JidView::if_canonical_ascii(text);
  require(plain.empty() || (jid && *jid == Jid(plain)));
  if (!jid) return 0;

  check_parts(*jid);
  require(Jid::parse(jid->full()) == *jid);
  require(JidView::of_canonical(jid->full()).domain() == jid->domain());
  require(Jid::from_parts(jid->local(), jid->domain(), jid->resource()) == *jid);
  const auto ascii = domain_to_ascii(jid->domain());
  require(ascii.has_value() || jid->domain().size() * 4 > kMaxJidPartBytes);  // A-labels can be longer
  if (ascii) require(prepare_domain(*ascii) == jid->domain());
  return 0;
}
