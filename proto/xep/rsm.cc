#include "proto/xep/rsm.h"

#include <charconv>

namespace vestnik::rsm {
namespace {

constexpr std::string_view kRsm = "http://jabber.org/protocol/rsm";

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t number = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc::result_out_of_range && at == end) return UINT32_MAX;
  if (error != std::errc{} || at != end) return std::nullopt;
  return number;
}

}  // namespace

Result<Request, StanzaReject> parse(xml::Element parent) {
  Request request;
  const xml::Element set = parent.child("set", kRsm);
  if (!set) return request;
  if (set.child("index")) {
    return Err(StanzaReject{StanzaCondition::feature_not_implemented, "pages are not asked for by index"});
  }
  if (const xml::Element max = set.child("max")) {
    request.max = parse_number(max.text());
    if (!request.max) return Err(StanzaReject{StanzaCondition::bad_request, "max is no number"});
  }
  if (const xml::Element after = set.child("after")) request.after = after.text();
  if (const xml::Element before = set.child("before")) request.before = before.text();
  return request;
}

void write(xml::Writer& writer, std::string_view first, std::string_view last,
           std::optional<std::uint64_t> count) {
  writer.open("set", kRsm);
  if (!first.empty()) writer.leaf("first", first).leaf("last", last);
  if (count) writer.leaf("count", std::to_string(*count));
  writer.close();
}

}  // namespace vestnik::rsm
