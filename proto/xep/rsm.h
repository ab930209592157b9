#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "proto/base/result.h"
#include "proto/stanza/stanza.h"
#include "proto/xml/document.h"
#include "proto/xml/writer.h"

/// Result set management (XEP-0059).
namespace vestnik::rsm {

/// Which part of a result is asked for.
struct Request {
  std::optional<std::uint32_t> max;
  std::optional<std::string> after;
  std::optional<std::string> before;  ///< empty: the last page (§2.5)
};

/// Reads the `<set/>` among the children of `parent`, which may be missing. `bad-request` for a number that
/// is none, `feature-not-implemented` for pages by index (§2.6).
Result<Request, StanzaReject> parse(xml::Element parent);

/// Writes the `<set/>` of an answer; without items when `first` is empty.
/// `count`: of the whole result, if that is known.
void write(xml::Writer& writer, std::string_view first, std::string_view last,
           std::optional<std::uint64_t> count = {});

}  // namespace vestnik::rsm
