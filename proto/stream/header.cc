#include "proto/stream/header.h"

#include <charconv>
#include <utility>

#include "proto/xml/ns.h"
#include "proto/xml/writer.h"

namespace vestnik {
namespace {

// RFC 6120 §4.7.5: "major.minor", compared as numbers.
std::optional<unsigned> major_version(std::string_view text) {
  unsigned major = 0;
  unsigned minor = 0;
  const char* end = text.data() + text.size();
  auto [dot, error] = std::from_chars(text.data(), end, major);
  if (error != std::errc{} || dot == end || *dot != '.') return std::nullopt;
  auto [last, minor_error] = std::from_chars(dot + 1, end, minor);
  if (minor_error != std::errc{} || last != end) return std::nullopt;
  return major;
}

void note(StreamHeader& header, StreamCondition condition, std::string text) {
  if (!header.problem) header.problem = StreamError{condition, std::move(text)};
}

void read_attribute(StreamHeader& header, std::string_view name, const std::string& value) {
  if (name == "to") {
    auto domain = prepare_domain(value);
    if (domain)
      header.to = std::move(*domain);
    else
      note(header, StreamCondition::host_unknown, "the stream's 'to' is no domain name");
  } else if (name == "from") {
    auto from = Jid::parse(value);
    if (from)
      header.from = std::move(*from);
    else
      note(header, StreamCondition::invalid_from, "the stream's 'from' is no address");
  } else if (name == "id") {
    header.id = value;
  } else if (name == "xml:lang") {
    header.lang = value;
  } else if (name == "version") {
    const auto major = major_version(value);
    header.version_1 = major.value_or(0) >= 1;
    if (!major)
      note(header, StreamCondition::unsupported_version, "the stream's version is not of the form 1.0");
  }
}

}  // namespace

StreamHeader read_stream_header(const xml::StreamOpen& open, std::string_view content_ns) {
  StreamHeader header;
  // §4.9.3.10: the namespaces come first, since without them nothing else means anything.
  if (open.name != "stream" || open.ns != ns::kStreams) {
    note(header, StreamCondition::invalid_namespace,
         "expected <stream:stream> of http://etherx.jabber.org/streams");
  } else if (open.default_ns != content_ns) {
    note(header, StreamCondition::invalid_namespace,
         "expected the content namespace " + std::string(content_ns));
  }
  for (const auto& attribute : *open.attributes) {
    read_attribute(header, attribute.name, xml::unescape(attribute.raw_value).value_or(""));
  }
  return header;
}

std::string write_stream_header(const OwnHeader& header) {
  std::string out = "<?xml version='1.0'?><stream:stream xmlns='";
  out.append(header.content_ns).append("' xmlns:stream='").append(ns::kStreams).append("'");
  if (header.content_ns == ns::kServer) out.append(" xmlns:db='").append(ns::kDialback).append("'");
  const auto attribute = [&out](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out.append(" ").append(name).append("='");
    xml::append_attr(out, value);
    out += '\'';
  };
  attribute("id", header.id);
  attribute("from", header.from);
  attribute("to", header.to);
  attribute("xml:lang", header.lang);
  if (header.version_1) attribute("version", "1.0");
  out += '>';
  return out;
}

}  // namespace vestnik
