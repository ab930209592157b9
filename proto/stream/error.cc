#include "proto/stream/error.h"

#include <algorithm>
#include <array>

#include "proto/xml/ns.h"
#include "proto/xml/writer.h"

namespace vestnik {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, 25> kNames{
    "bad-format",
    "bad-namespace-prefix",
    "conflict",
    "connection-timeout",
    "host-gone",
    "host-unknown",
    "improper-addressing",
    "internal-server-error",
    "invalid-from",
    "invalid-namespace",
    "invalid-xml",
    "not-authorized",
    "not-well-formed",
    "policy-violation",
    "remote-connection-failed",
    "reset",
    "resource-constraint",
    "restricted-xml",
    "see-other-host",
    "system-shutdown",
    "undefined-condition",
    "unsupported-encoding",
    "unsupported-feature",
    "unsupported-stanza-type",
    "unsupported-version",
};
static_assert(static_cast<std::size_t>(StreamCondition::unsupported_version) + 1 == kNames.size());
static_assert(std::ranges::is_sorted(kNames), "the enumeration is in alphabetical order, so must this be");

}  // namespace

std::string_view to_string(StreamCondition condition) { return kNames[static_cast<std::size_t>(condition)]; }

std::string StreamError::to_xml() const {
  std::string out;
  xml::Writer w(out);
  w.open("stream:error");
  if (condition == StreamCondition::see_other_host) {
    w.leaf(to_string(condition), text, ns::kStreamErrors);
  } else {
    w.leaf(to_string(condition), {}, ns::kStreamErrors);
    if (!text.empty()) w.open("text", ns::kStreamErrors).attr("xml:lang", "en").text(text).close();
  }
  w.raw(app).close();
  return out;
}

}  // namespace vestnik
