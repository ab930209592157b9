#include "proto/s2s/dialback.h"

#include "proto/jid/jid.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"

namespace vestnik::s2s {
namespace {

std::optional<DialbackType> parse_type(std::string_view name) {
  if (name.empty()) return DialbackType::request;
  if (name == "valid") return DialbackType::valid;
  if (name == "invalid") return DialbackType::invalid;
  if (name == "error") return DialbackType::error;
  return std::nullopt;
}

std::string_view to_string(DialbackType type) {
  switch (type) {
    case DialbackType::request: return "";
    case DialbackType::valid: return "valid";
    case DialbackType::invalid: return "invalid";
    case DialbackType::error: return "error";
  }
  return "";
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  return begin == std::string_view::npos ? "" : text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

std::string_view name_of(DialbackKind kind) {
  return kind == DialbackKind::result ? "db:result" : "db:verify";
}

std::string write(const Dialback& element, std::string_view payload) {
  std::string out;
  xml::Writer w(out);
  w.open(name_of(element.kind)).attr("from", element.from).attr("to", element.to);
  w.attr_if("id", element.id).attr_if("type", to_string(element.type));
  if (!payload.empty()) w.raw(payload);
  w.close();
  return out;
}

}  // namespace

std::optional<Dialback> read_dialback(const xml::Frame& frame) {
  if (frame.ns != ns::kDialback || (frame.name != "result" && frame.name != "verify")) return std::nullopt;
  Dialback element{.kind = frame.name == "result" ? DialbackKind::result : DialbackKind::verify};
  for (const auto& attribute : *frame.attributes) {
    const std::string value = xml::unescape(attribute.raw_value).value_or("");
    if (attribute.name == "from" || attribute.name == "to") {
      const auto domain = prepare_domain(value);
      if (!domain) return std::nullopt;
      (attribute.name == "from" ? element.from : element.to) = *domain;
    } else if (attribute.name == "id") {
      element.id = value;
    } else if (attribute.name == "type") {
      const auto type = parse_type(value);
      if (!type) return std::nullopt;
      element.type = *type;
    }
  }
  if (element.type == DialbackType::request) {
    const auto text = frame.bytes.substr(frame.start_tag_end, frame.content_end - frame.start_tag_end);
    element.key = trimmed(text);  // a key of hexadecimal digits, or none that could be right
  }
  const bool complete = !element.from.empty() && !element.to.empty();
  const bool has_id = element.kind == DialbackKind::result || !element.id.empty();
  if (!complete || !has_id) return std::nullopt;
  return element;
}

std::string write_dialback(const Dialback& element) {
  std::string key;
  xml::append_text(key, element.key);
  return write(element, key);
}

std::string write_dialback_error(const Dialback& element, StanzaCondition condition, std::string_view text) {
  std::string error;
  xml::Writer w(error);
  w.open("error").attr("type", error_type(condition));
  w.leaf(vestnik::to_string(condition), {}, ns::kStanzaErrors);
  if (!text.empty()) w.leaf("text", text, ns::kStanzaErrors);
  w.close();
  Dialback answer = element;
  answer.type = DialbackType::error;
  return write(answer, error);
}

}  // namespace vestnik::s2s
