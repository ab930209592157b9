#include <string>

#include "bench/micro/micro.h"
#include "bench/micro/samples.h"
#include "proto/xml/document.h"
#include "proto/xml/framer.h"
#include "proto/xml/writer.h"

namespace vestnik::bench {
namespace {

void frame(std::string_view stanza, std::uint64_t iterations) {
  xml::Framer framer(XmlLimits{});
  std::string_view header = kStreamHeader;
  framer.next(header);
  for (std::uint64_t i = 0; i < iterations; ++i) {
    std::string_view input = stanza;
    keep(framer.next(input));
    keep(framer.frame().bytes.data());
  }
}

void parse(std::string_view stanza, std::uint64_t iterations) {
  xml::Document document;
  for (std::uint64_t i = 0; i < iterations; ++i) keep(document.parse(stanza));
}

void write_ping_result(std::uint64_t iterations) {
  std::string out;
  for (std::uint64_t i = 0; i < iterations; ++i) {
    out.clear();
    xml::Writer(out)
        .open("iq")
        .attr("type", "result")
        .attr("id", "p17")
        .attr("to", "juliet@example.org/balcony")
        .close();
    keep(out.data());
  }
}

}  // namespace

void add_xml(std::vector<Micro>& all) {
  all.push_back({"framer/message", [](std::uint64_t n) { frame(kMessage, n); }});
  all.push_back({"framer/ping", [](std::uint64_t n) { frame(kPing, n); }});
  all.push_back({"framer/presence", [](std::uint64_t n) { frame(kPresence, n); }});
  all.push_back({"document/message", [](std::uint64_t n) { parse(kMessage, n); }});
  all.push_back({"writer/ping-result", write_ping_result});
}

}  // namespace vestnik::bench
