#include "proto/xep/sm.h"

#include <fmt/format.h>

#include <charconv>

#include "proto/xml/ns.h"
#include "proto/xml/writer.h"

namespace vestnik::sm {

std::string enable(bool resumable) {
  return fmt::format("<enable xmlns='{}'{}/>", kNs, resumable ? " resume='true'" : "");
}

std::string resume(std::string_view previous_id, std::uint32_t handled) {
  std::string xml;
  xml::Writer(xml).open("resume", kNs).attr("previd", previous_id).attr("h", std::uint64_t{handled}).close();
  return xml;
}

std::string enabled(const Terms& terms) {
  std::string xml;
  xml::Writer w(xml);
  w.open("enabled", kNs);
  if (!terms.id.empty()) {
    w.attr("id", terms.id).attr("resume", "true").attr("max", std::uint64_t{terms.max_seconds});
    if (!terms.location.empty()) w.attr("location", terms.location);
  }
  w.close();
  return xml;
}

std::string resumed(std::string_view previous_id, std::uint32_t handled) {
  std::string xml;
  xml::Writer(xml).open("resumed", kNs).attr("previd", previous_id).attr("h", std::uint64_t{handled}).close();
  return xml;
}

std::string answer(std::uint32_t handled) { return fmt::format("<a xmlns='{}' h='{}'/>", kNs, handled); }

std::string failed(StanzaCondition condition, std::string_view text, std::optional<std::uint32_t> handled) {
  std::string xml;
  xml::Writer w(xml);
  w.open("failed", kNs);
  if (handled) w.attr("h", std::uint64_t{*handled});
  w.leaf(to_string(condition), {}, ns::kStanzaErrors);
  if (!text.empty()) w.open("text", ns::kStanzaErrors).attr("xml:lang", "en").text(text).close();
  w.close();
  return xml;
}

StreamError handled_count_too_high(std::uint32_t claimed, std::uint32_t sent) {
  return {
      .condition = StreamCondition::undefined_condition,
      .text = fmt::format("You acknowledged {} stanzas, which does not fit with the {} sent.", claimed, sent),
      .app = fmt::format("<handled-count-too-high xmlns='{}' h='{}' send-count='{}'/>", kNs, claimed, sent)};
}

std::optional<std::uint32_t> parse_count(std::string_view text) {
  std::uint32_t count = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return count;
}

bool parse_flag(std::string_view text) { return text == "true" || text == "1"; }

}  // namespace vestnik::sm
